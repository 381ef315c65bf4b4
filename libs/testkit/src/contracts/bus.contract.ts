import type { ClusterBus, ClusterEvent } from '@mcp-cluster/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

export interface BusHarness {
  /** Two nodes' buses of one cluster, both attached: what one says from now on reaches the other. */
  readonly first: ClusterBus;
  readonly second: ClusterBus;
  close(): Promise<void>;
}

/** One of each type that nodes send each other. */
const EVENTS: readonly ClusterEvent[] = [
  { type: 'list-changed', kind: 'tools' },
  { type: 'resource-updated', uri: 'file:///a b/ü' },
  { type: 'cancelled', session: 'mark', request: 'seven', reason: '' },
  { type: 'cancelled', session: 'mark', request: 7, reason: 'no more' },
  { type: 'session-ended', session: 'mark' },
  { type: 'session-changed', session: 'mark' },
  { type: 'ask-answered', session: 'mark', message: { kind: 'response', id: 'ask-1', result: { action: 'accept' } } },
  {
    type: 'ask-answered',
    session: 'mark',
    message: { kind: 'response', id: 2, error: { code: -1, message: 'no', data: [null] } },
  },
  { type: 'task-changed', taskId: 'task', members: '{"status":"working"}' },
  { type: 'task-answered', taskId: 'task', responses: { one: { action: 'decline' } } },
  { type: 'task-cancelled', taskId: 'task' },
  { type: 'task-wanted', taskIds: ['task', 'other'] },
];

const ONE: ClusterEvent = { type: 'list-changed', kind: 'prompts' };
const LAST: ClusterEvent = { type: 'session-ended', session: 'the last one' };

/** What a bus of a cluster keeps to while nothing fails. */
export function busContract(name: string, open: () => Promise<BusHarness>): void {
  describe(`${name}: a cluster's bus`, () => {
    let harness: BusHarness;
    let first: ClusterBus;
    let second: ClusterBus;
    beforeEach(async () => {
      harness = await open();
      ({ first, second } = harness);
    });
    afterEach(async () => {
      await harness.close();
    });

    it('an event reaches its own node at once, and once', async () => {
      const heard: ClusterEvent[] = [];
      first.subscribe((event) => heard.push(event));
      const over = untilLast(second);
      first.publish(ONE);
      expect(heard).toEqual([ONE]);
      first.publish(LAST);
      await over;
      const back = untilLast(first);
      second.publish(LAST);
      await back;
      expect(heard).toEqual([ONE, LAST, LAST]);
    });

    it('every type of event reaches the other node unchanged, once, in its order', async () => {
      const heard = untilLast(second);
      for (const event of EVENTS) first.publish(event);
      first.publish(LAST);
      expect(await heard).toEqual([...EVENTS, LAST]);
    });

    it('many events at once arrive in their order', async () => {
      const heard = untilLast(second);
      const events = Array.from({ length: 500 }, (_, i): ClusterEvent => ({
        type: 'session-ended',
        session: `s${String(i)}`,
      }));
      for (const event of events) first.publish(event);
      first.publish(LAST);
      expect(await heard).toEqual([...events, LAST]);
    });

    it('a listener that throws stops neither the others nor later events', async () => {
      for (const bus of [first, second])
        bus.subscribe(() => {
          throw new Error('a listener’s own fault');
        });
      const own: ClusterEvent[] = [];
      first.subscribe((event) => own.push(event));
      const heard = untilLast(second);
      first.publish(ONE);
      first.publish(LAST);
      expect(own).toEqual([ONE, LAST]);
      expect(await heard).toEqual([ONE, LAST]);
    });

    it('a listener may publish', async () => {
      second.subscribe((event) => {
        if (event.type === 'task-wanted') second.publish(LAST);
      });
      const heard = untilLast(first);
      first.publish({ type: 'task-wanted', taskIds: [] });
      expect(await heard).toEqual([{ type: 'task-wanted', taskIds: [] }, LAST]);
    });
  });
}

/** What a bus delivers from now on, up to the last one. */
function untilLast(bus: ClusterBus): Promise<ClusterEvent[]> {
  const heard: ClusterEvent[] = [];
  return new Promise((resolve) => {
    bus.subscribe((event) => {
      heard.push(event);
      if (event.type === 'session-ended' && event.session === 'the last one') resolve([...heard]);
    });
  });
}
