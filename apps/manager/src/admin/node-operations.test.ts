import type { NodeStatus } from '@mcp-cluster/cluster';
import { Background, LocalError } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { Roster } from '../discovery/roster.js';
import { Membership } from '../membership/membership.js';
import type { AddedNode } from './added-node.js';
import { NodeOperations, type OwnNodes } from './node-operations.js';
import { OtherNodes } from './other-nodes.js';

const link = { dispatch: () => undefined, sever: () => undefined, close: () => undefined };
const log = { info: () => undefined, warn: () => undefined };
const DRAIN_MS = 5_000;
const START_MS = 3_000;

const at = (port: number): AddedNode => {
  const origin = `http://10.0.0.1:${String(port)}`;
  return { key: origin, origin, managementOrigin: `http://10.0.0.1:${String(port + 1000)}` };
};

const status = (id: string, state: NodeStatus['state'], inFlight = 0): NodeStatus => ({
  id,
  version: '1',
  state,
  inFlight,
  sessions: 0,
  streams: 0,
  mcpPort: 1,
});

/** Two nodes, a and b, that are listed by a discovery and take calls. */
function cluster(own?: Partial<OwnNodes>) {
  const clock = new VirtualClock();
  const membership = new Membership(clock, () => link);
  const roster = new Roster(membership);
  const orders: string[] = [];
  const answers = new Map<string, NodeStatus | Error>();
  const failed: unknown[] = [];
  const order = (origin: string) => {
    orders.push(origin);
    return Promise.resolve();
  };
  const nodes = new NodeOperations({
    membership,
    own: own as OwnNodes | undefined,
    others: new OtherNodes({ roster, membership, onAdded: () => undefined, order, drainMs: DRAIN_MS, clock, log }),
    order,
    startMs: START_MS,
    clock,
    background: new Background((_name, error) => failed.push(error)),
    readStatus: (origin) => {
      const answer = answers.get(origin) ?? new LocalError('ECONNREFUSED', 'nobody');
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  });
  const report = (id: string, state: NodeStatus['state'], inFlight = 0) => {
    const node = membership.nodes().find((one) => one.id === id);
    if (node !== undefined) membership.answered(node, status(id, state, inFlight));
  };
  const list = (id: string, port: number) => {
    roster.join({ ...at(port), id });
    report(id, 'ready');
  };
  list('a', 1);
  list('b', 2);
  const ids = () => membership.nodes().map(({ id }) => id);
  const stateOf = (operation: { id: string }) => nodes.operations.get(operation.id);
  return { clock, membership, roster, orders, answers, failed, nodes, report, list, ids, stateOf };
}

describe('adding a node', () => {
  it('P15: takes a node in that answers and is ready', async () => {
    const { nodes, answers, ids } = cluster();
    answers.set(at(3).managementOrigin, status('c', 'ready'));
    expect(await nodes.add(at(3))).toMatchObject({ url: 'http://10.0.0.1:3/mcp', state: 'starting' });
    expect(ids()).toHaveLength(3);
  });

  it.each([
    ['nobody', undefined, 'node_unreachable', 'no answer'],
    ['one that drains', status('c', 'draining'), 'node_not_ready', 'node c is draining: expected ready'],
    ['one that is here under another address', status('a', 'ready'), 'node_exists', 'node a at http://10.0.0.1:1'],
  ])('P15: refuses %s', async (_who, answer, code, message) => {
    const { nodes, answers, ids } = cluster();
    if (answer !== undefined) answers.set(at(3).managementOrigin, answer);
    const refusal = await nodes.add(at(3)).catch((thrown: unknown) => thrown);
    expect(refusal).toMatchObject({ status: 409, code, message: expect.stringContaining(message) as string });
    expect(ids()).toEqual(['a', 'b']);
  });

  it('P15: starts one more where nodes are processes of ours, and is done when it takes calls', async () => {
    const { nodes, clock, list, stateOf } = cluster({ addOne: () => at(3).key });
    const operation = nodes.start();
    expect(operation).toMatchObject({ kind: 'add', node: at(3).key, state: 'running' });
    await clock.advance(START_MS / 2);
    expect(stateOf(operation)?.state).toBe('running');
    list('c', 3);
    await clock.advance(200);
    expect(stateOf(operation)).toMatchObject({ state: 'done', endedAt: expect.any(String) as string });
  });

  it('tells of a started node that does not come, and of one too many', async () => {
    const { nodes, clock, stateOf, failed } = cluster({ addOne: () => at(3).key });
    const operation = nodes.start();
    await clock.advance(2 * START_MS);
    expect(stateOf(operation)).toMatchObject({ state: 'failed', error: { code: 'node_start_failed' } });
    expect(failed).toEqual([]);
    const full = cluster({
      addOne: () => {
        throw new LocalError('too_many_nodes', 'there are 20');
      },
    });
    expect(() => full.nodes.start()).toThrow(expect.objectContaining({ status: 409, code: 'too_many_nodes' }) as Error);
    expect(full.nodes.operations.list()).toEqual([]);
  });

  it('needs a URL where nodes are not ours', () => {
    const { nodes } = cluster();
    expect(() => nodes.start()).toThrow(expect.objectContaining({ status: 400, code: 'invalid_field' }) as Error);
  });
});

describe('draining a node', () => {
  it('P15: is done when the node has nothing left, not before', async () => {
    const { nodes, clock, orders, report, stateOf, ids } = cluster();
    const operation = nodes.drain('a');
    await clock.advance(0);
    expect(orders).toEqual([at(1).managementOrigin]);
    // A report from before the order says nothing about what it still takes.
    report('a', 'ready', 0);
    await clock.advance(500);
    expect(stateOf(operation)?.state).toBe('running');
    report('a', 'draining', 2);
    await clock.advance(500);
    expect(stateOf(operation)?.state).toBe('running');
    report('a', 'draining', 0);
    await clock.advance(500);
    expect(stateOf(operation)?.state).toBe('done');
    expect(ids()).toEqual(['a', 'b']);
  });

  it('is done when a node of ours has gone: another one takes its place', async () => {
    const { nodes, clock, report, stateOf, membership } = cluster({ has: () => true });
    const operation = nodes.drain('a');
    report('a', 'draining', 0);
    await clock.advance(500);
    expect(stateOf(operation)?.state).toBe('running');
    membership.leave(at(1).key);
    await clock.advance(500);
    expect(stateOf(operation)?.state).toBe('done');
  });

  it('ends when the manager stops, whatever the node has', async () => {
    const { nodes, clock, stateOf } = cluster();
    const operation = nodes.drain('a');
    await clock.advance(0);
    nodes.operations.stop();
    await clock.advance(0);
    expect(stateOf(operation)).toMatchObject({ state: 'failed', error: { code: 'stopping' } });
  });
});

describe('removing a node', () => {
  it('P15: drains, waits, and takes it out; it stays out while it is listed', async () => {
    const { nodes, clock, orders, report, stateOf, ids, list } = cluster();
    const operation = nodes.remove('a', false);
    await clock.advance(0);
    expect(orders).toEqual([at(1).managementOrigin]);
    report('a', 'draining', 1);
    await clock.advance(500);
    expect(ids()).toEqual(['a', 'b']);
    report('a', 'draining', 0);
    await clock.advance(500);
    expect(stateOf(operation)?.state).toBe('done');
    expect(ids()).toEqual(['b']);
    list('a', 1);
    expect(ids()).toEqual(['b']);
  });

  it('P15: lets a removed node in again when it is added', async () => {
    const { nodes, clock, answers, ids } = cluster();
    nodes.remove('a', true);
    await clock.advance(0);
    answers.set(at(1).managementOrigin, status('a', 'ready'));
    await nodes.add(at(1));
    expect(ids()).toEqual(['b', at(1).key]);
  });

  it('forced, waits for nothing', async () => {
    const { nodes, clock, report, ids } = cluster();
    report('a', 'ready', 50);
    nodes.remove('a', true);
    await clock.advance(0);
    expect(ids()).toEqual(['b']);
  });

  it('lets the supervisor remove what it started', async () => {
    const removed: [string, boolean][] = [];
    const own = {
      has: (id: string) => id === at(1).key,
      remove: (id: string, force: boolean) => Promise.resolve(void removed.push([id, force])),
    };
    const { nodes, clock } = cluster(own);
    nodes.remove('a', true);
    await clock.advance(0);
    expect(removed).toEqual([[at(1).key, true]]);
  });

  it('refuses the last one that takes calls, unless forced', () => {
    const { nodes, report } = cluster();
    report('b', 'draining');
    const last = expect.objectContaining({ status: 409, code: 'last_node' }) as Error;
    expect(() => nodes.remove('a', false)).toThrow(last);
    expect(() => nodes.drain('a')).toThrow(last);
    // The other one may go: it serves nobody.
    expect(nodes.remove('b', false).state).toBe('running');
    expect(nodes.remove('a', true).state).toBe('running');
  });

  it('does not know others', () => {
    const { nodes } = cluster();
    for (const order of [() => nodes.drain('c'), () => nodes.remove('c', true)])
      expect(order).toThrow(expect.objectContaining({ status: 404, code: 'unknown_node' }) as Error);
  });
});

describe('operations', () => {
  const running = expect.objectContaining({ status: 409, code: 'operation_running' }) as Error;

  it('are one at a time on a node', () => {
    const { nodes, list } = cluster();
    list('c', 3);
    nodes.drain('a');
    expect(() => nodes.remove('a', true)).toThrow(running);
    expect(nodes.drain('b').state).toBe('running');
  });

  it('do not run beside a restart of all nodes', async () => {
    const restarted = Promise.withResolvers<undefined>();
    const { nodes, clock, stateOf } = cluster({ restartAll: () => restarted.promise, has: () => false });
    const restart = nodes.restart();
    for (const order of [() => nodes.drain('a'), () => nodes.restart(), () => nodes.start()])
      expect(order).toThrow(running);
    restarted.resolve(undefined);
    await clock.advance(0);
    expect(stateOf(restart)).toEqual({
      id: 'op-1',
      kind: 'restart',
      state: 'done',
      startedAt: expect.any(String) as string,
      endedAt: expect.any(String) as string,
    });
    nodes.drain('a');
    expect(() => nodes.restart()).toThrow(running);
  });

  it('cannot restart what somebody else starts', () => {
    const { nodes } = cluster();
    expect(() => nodes.restart()).toThrow(expect.objectContaining({ status: 409, code: 'not_ours' }) as Error);
  });

  it('are kept for a while, the newest hundred', async () => {
    const { nodes, clock } = cluster({ restartAll: () => Promise.resolve() });
    for (let count = 0; count < 120; count += 1) {
      nodes.restart();
      await clock.advance(0);
    }
    const kept = nodes.operations.list();
    expect([kept.length, kept[0]?.id, kept.at(-1)?.id]).toEqual([100, 'op-21', 'op-120']);
  });

  it('tell of a failure that nobody foresaw, and report it', async () => {
    const { nodes, clock, stateOf, failed } = cluster({ restartAll: () => Promise.reject(new TypeError('oh')) });
    const operation = nodes.restart();
    await clock.advance(0);
    expect(stateOf(operation)).toMatchObject({ state: 'failed', error: { code: 'failed', message: 'oh' } });
    expect(failed).toHaveLength(1);
  });
});
