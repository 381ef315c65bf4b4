import { errorCode } from '@mcp-cluster/kernel';
import {
  ANONYMOUS,
  type TaskOrigin,
  type TaskSnapshot,
  type TaskStore,
  type TaskStoreLimits,
} from '@mcp-cluster/protocol';
import { beforeEach, describe, expect, it } from 'vitest';

/** One store of tasks, as several nodes use it. */
export interface TaskStoreHarness {
  /** The view of a node, `<id>/<incarnation>`, which holds its lease from now on. */
  node(owner: string): Promise<TaskStore>;
  loseLease(owner: string): Promise<void>;
  /** Everything is lost, as by a Redis that starts empty. */
  loseAll(): Promise<void>;
  /** Lets time pass for the store. */
  elapse(ms: number): Promise<void>;
}

/** Opens an empty one. */
export type OpenTaskStore = (limits?: TaskStoreLimits) => Promise<TaskStoreHarness>;

const TTL_MS = 3_600_000;
const BORN = '2026-11-01T00:00:00.000Z';

export function taskOf(taskId: string, more: Partial<TaskSnapshot> = {}): TaskSnapshot {
  const times = { createdAt: BORN, lastUpdatedAt: BORN, ttlMs: TTL_MS, pollIntervalMs: 1_000 };
  return { taskId, status: 'working', ...times, ...more };
}

export function taskOriginOf(more: Partial<TaskOrigin> = {}): TaskOrigin {
  const head = { principal: ANONYMOUS, tool: 'work', repeatable: true, arguments: { n: 1 } };
  return { ...head, capabilities: { elicitation: {} }, answers: {}, idempotencyKey: 'key', ...more };
}

const ORIGIN = taskOriginOf();
const A = 'node-a/1';
const B = 'node-b/1';

/** What every TaskStore keeps to. */
export function taskStoreContract(name: string, open: OpenTaskStore): void {
  describe(`${name}: a store of tasks`, () => {
    let harness: TaskStoreHarness;
    let first: TaskStore;
    beforeEach(async () => {
      harness = await open();
      first = await harness.node(A);
    });

    it('S13, S6: what was created is found as it is, and nothing else', async () => {
      const task = taskOf('t', { statusMessage: '"é🙂' });
      await first.create(task, ORIGIN);
      expect([await first.get('t'), await first.get('T')]).toEqual([task, undefined]);
    });

    it('S13: the state that was put last is found, and an end stays', async () => {
      const fence = await first.create(taskOf('t'), ORIGIN);
      const asks = { q: { method: 'roots/list' as const } };
      expect(await first.put(taskOf('t', { status: 'input_required', inputRequests: asks }), fence)).toBe('kept');
      expect(await first.get('t')).toEqual(taskOf('t', { status: 'input_required', inputRequests: asks }));
      const done = taskOf('t', { status: 'completed', resultJson: '{"content":[]}' });
      expect(await first.put(done, fence)).toBe('kept');
      expect(await first.put(taskOf('t'), fence)).toBe('kept');
      expect(await first.get('t')).toEqual(done);
    });

    it('S13: a task that was deleted is lost', async () => {
      const fence = await first.create(taskOf('t'), ORIGIN);
      await first.delete('t');
      expect(await first.get('t')).toBeUndefined();
      expect(await first.put(taskOf('t'), fence)).toBe('lost');
      expect(await first.get('t')).toBeUndefined();
      await first.delete('t');
    });

    it('S13: a store without room takes no further task and keeps those that it has', async () => {
      const small = await (await open({ tasks: 2, resultBytes: 1_000_000 })).node(A);
      await small.create(taskOf('1'), ORIGIN);
      const fence = await small.create(taskOf('2'), ORIGIN);
      await expect(small.create(taskOf('3'), ORIGIN)).rejects.toThrow();
      expect([await small.get('3'), await small.put(taskOf('2', { statusMessage: 'm' }), fence)]).toEqual([
        undefined,
        'kept',
      ]);
      await small.delete('1');
      await small.create(taskOf('3'), ORIGIN);
    });

    it('S13: a store full of results takes no further task', async () => {
      const small = await (await open({ tasks: 100, resultBytes: 2_000 })).node(A);
      const fence = await small.create(taskOf('1'), ORIGIN);
      await small.put(taskOf('1', { status: 'completed', resultJson: JSON.stringify('x'.repeat(2_000)) }), fence);
      await expect(small.create(taskOf('2'), ORIGIN)).rejects.toThrow();
      await small.delete('1');
      await small.create(taskOf('2'), ORIGIN);
    });
  });
}

/** What every TaskStore of several nodes keeps to. */
export function sharedTaskStoreContract(name: string, open: OpenTaskStore): void {
  describe(`${name}: a store of tasks of several nodes`, () => {
    let harness: TaskStoreHarness;
    let first: TaskStore;
    let second: TaskStore;
    beforeEach(async () => {
      harness = await open();
      [first, second] = [await harness.node(A), await harness.node(B)];
    });

    it('S13: any node finds a task', async () => {
      await first.create(taskOf('t'), ORIGIN);
      expect([first.shared, await second.get('t')]).toEqual([true, taskOf('t')]);
    });

    it('S13: a task of a node that lives is nobody else’s', async () => {
      await first.create(taskOf('t'), ORIGIN);
      expect([await second.orphans(10, []), await first.orphans(10, ['t'])]).toEqual([[], []]);
    });

    it('S13: a task of a lost node goes to one other, with all that it needs and a higher fence', async () => {
      const fence = await first.create(taskOf('t'), ORIGIN);
      await first.put(taskOf('t', { statusMessage: 'half' }), fence);
      await harness.loseLease(A);
      expect(await second.get('t')).toMatchObject({ status: 'working' });
      const third = await harness.node('node-c/1');
      const taken = (await Promise.all([second.orphans(10, []), third.orphans(10, [])])).flat();
      expect(taken).toEqual([
        { task: taskOf('t', { statusMessage: 'half' }), origin: ORIGIN, runs: 2, fence: expect.any(Number) as number },
      ]);
      expect(taken[0]?.fence).toBeGreaterThan(fence);
    });

    it('experiment 5: the node that lost a task writes it no more, and learns of it', async () => {
      const fence = await first.create(taskOf('t'), ORIGIN);
      const kept = await first.create(taskOf('kept'), ORIGIN);
      await harness.loseLease(A);
      const taken = await second.orphans(1, []);
      const taskId = taken[0]?.task.taskId ?? '';
      await harness.node(A);
      const [mine, theirs] =
        taskId === 't'
          ? ([
              ['kept', kept],
              ['t', fence],
            ] as const)
          : ([
              ['t', fence],
              ['kept', kept],
            ] as const);
      const late = taskOf(theirs[0], { status: 'completed', resultJson: '"late"' });
      expect(await first.put(late, theirs[1])).toBe('fenced');
      expect(await second.get(taskId)).toMatchObject({ status: 'working' });
      const held = [mine, theirs, ['gone', 1]] as const;
      expect(await first.check(held.map(([id, at]) => ({ taskId: id, fence: at })))).toEqual({
        taken: [taskId],
        missing: ['gone'],
      });
      expect(await first.put(taskOf(mine[0]), mine[1])).toBe('kept');
    });

    it('S13: of many tasks of lost nodes no more are taken than asked for, and each once', async () => {
      const ids = Array.from({ length: 20 }, (_, n) => `t${String(n)}`);
      const third = await harness.node('node-c/1');
      for (const [n, id] of ids.entries()) await (n % 2 === 0 ? first : third).create(taskOf(id), ORIGIN);
      await Promise.all([harness.loseLease(A), harness.loseLease('node-c/1')]);
      const taken: string[] = [];
      for (let turn = 0; turn < 20; turn += 1) {
        const some = await second.orphans(3, taken);
        expect(some.length).toBeLessThanOrEqual(3);
        taken.push(...some.map(({ task }) => task.taskId));
      }
      expect(taken.toSorted()).toEqual(ids.toSorted());
    });

    it('S13: a task that has ended is nobody’s orphan', async () => {
      const fence = await first.create(taskOf('t'), ORIGIN);
      await first.put(taskOf('t', { status: 'cancelled' }), fence);
      await harness.loseLease(A);
      expect(await second.orphans(10, [])).toEqual([]);
    });

    it('S13: tasks that were taken in an answer that was lost are given again', async () => {
      await first.create(taskOf('t'), ORIGIN);
      await harness.loseLease(A);
      const [lost] = await second.orphans(10, []);
      const [again] = await second.orphans(10, []);
      expect(again).toMatchObject({ task: { taskId: 't' }, runs: 3 });
      expect(again?.fence).toBeGreaterThan(lost?.fence ?? 0);
      expect(await second.orphans(10, ['t'])).toEqual([]);
    });

    it('S13: a node without a lease creates nothing and takes nothing', async () => {
      await first.create(taskOf('t'), ORIGIN);
      await Promise.all([harness.loseLease(A), harness.loseLease(B)]);
      expect(await second.orphans(10, [])).toEqual([]);
      expect(await second.create(taskOf('u'), ORIGIN).then(() => 'created', errorCode)).toBe('store_unavailable');
    });

    it('experiment 6: a store that lost everything has a task again from its node, and from no older one', async () => {
      const old = await first.create(taskOf('t'), ORIGIN);
      await harness.loseLease(A);
      const newer = (await second.orphans(10, []))[0]?.fence ?? 0;
      await harness.loseAll();
      await Promise.all([harness.node(A), harness.node(B)]);
      expect(await second.put(taskOf('t'), newer)).toBe('lost');
      expect(await first.create(taskOf('t', { statusMessage: 'old' }), ORIGIN, old)).toBe(old);
      expect(await second.put(taskOf('t', { statusMessage: 'new' }), newer)).toBe('kept');
      expect(await first.put(taskOf('t', { statusMessage: 'old' }), old)).toBe('fenced');
      expect(await first.create(taskOf('t', { statusMessage: 'old' }), ORIGIN, old)).toBe(newer);
      expect(await second.get('t')).toEqual(taskOf('t', { statusMessage: 'new' }));
    });

    it('S13: a task is kept for its TTL after its last change', async () => {
      const fence = await first.create(taskOf('t'), ORIGIN);
      await harness.elapse(TTL_MS - 60_000);
      const lastUpdatedAt = '2026-11-01T00:59:00.000Z';
      await first.put(taskOf('t', { lastUpdatedAt, ttlMs: TTL_MS + 59 * 60_000 }), fence);
      await harness.elapse(TTL_MS - 60_000);
      expect(await second.get('t')).toBeDefined();
      await harness.elapse(61_000);
      expect(await second.get('t')).toBeUndefined();
    });
  });
}
