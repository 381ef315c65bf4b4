import { LocalError, sleep } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { codeOf, KNOWS_TASKS, SharedTasks, TaskNode, testTool, type TestNode } from '@mcp-cluster/testkit/protocol';
import { describe, expect, it } from 'vitest';
import { LocalBus } from '../cluster/bus.js';
import type { ExchangeContext } from '../exchange/context.js';
import { IDEMPOTENCY_KEY } from '../execution/repeatable.js';
import { CapacityError } from '../wire/errors.js';

const FORM = { message: 'Your name?', requestedSchema: { type: 'object' as const, properties: {} } };
const LEASE_AND_LOOK_MS = 1_000;

type Handler = (args: Record<string, unknown>, context: ExchangeContext, clock: VirtualClock) => Promise<string>;

/** Detaches, counts ten seconds, and says `done`. */
const tenSteps: Handler = async (_args, context, clock) => {
  await context.detach('begun');
  for (let step = 1; step <= 10; step += 1) {
    await sleep(clock, 1_000, context.signal);
    context.progress(step, 10, `step ${String(step)}`);
  }
  return 'done';
};

/** Nodes that share tasks and a bus; `read` may be run again, `write` may not. */
class Nodes {
  readonly clock = new VirtualClock();
  readonly tasks = new SharedTasks(this.clock);
  readonly bus = new LocalBus();
  /** Who began a run of which tool, in order. */
  readonly runs: string[] = [];

  constructor(private readonly handler: Handler = tenSteps) {}

  node(owner: string, taskStore = this.tasks.node(owner)): TaskNode {
    const options = { nodeId: owner, clock: this.clock, bus: this.bus, taskStore };
    const node = new TaskNode(undefined, { ...options, seed: this.tasks.leases.size });
    for (const [name, annotations] of [
      ['read', { idempotentHint: true }],
      ['write', {}],
    ] as const)
      node.registry.tool(
        testTool(
          name,
          (args, context) => {
            this.runs.push(`${owner} ${name}`);
            return this.handler(args, context, this.clock);
          },
          { annotations },
        ),
      );
    return node;
  }

  async begin(node: TestNode, name: string, args: object = {}, meta: object = {}): Promise<string> {
    const { reply } = node.stateless('tools/call', { name, arguments: args, _meta: meta }, KNOWS_TASKS);
    for (let turn = 0; turn < 3; turn += 1) await this.clock.advance(0);
    return reply.answer?.result?.['taskId'] as string;
  }
}

describe('a task whose node is lost', () => {
  it('S13: of a repeatable tool is run again under the same id, with the same arguments and key, and completes', async () => {
    const seen: unknown[] = [];
    const nodes = new Nodes(async (args, context, clock) => {
      seen.push([args, context.idempotencyKey, context.client.capabilities.elicitation]);
      return tenSteps(args, context, clock);
    });
    const [first, second] = [nodes.node('a'), nodes.node('b')];
    const taskId = await nodes.begin(first, 'read', { n: 1 }, { [IDEMPOTENCY_KEY]: 'key' });
    const { createdAt } = await second.get(taskId);
    await nodes.clock.advance(5_000);
    nodes.tasks.leases.delete('a');
    expect(await second.get(taskId)).toMatchObject({ status: 'working', statusMessage: 'step 5' });
    await nodes.clock.advance(LEASE_AND_LOOK_MS);
    expect(await second.get(taskId)).toMatchObject({ status: 'working', statusMessage: 'begun', createdAt });
    await nodes.clock.advance(2_000);
    expect(await second.get(taskId)).toMatchObject({ statusMessage: 'step 2' });
    await nodes.clock.advance(10_000);
    expect(await second.get(taskId)).toMatchObject({
      status: 'completed',
      createdAt,
      result: { content: [{ text: 'done' }] },
    });
    expect(nodes.runs).toEqual(['a read', 'b read']);
    expect(seen[1]).toEqual(seen[0]);
    expect(second.endedTasks).toMatchObject([{ tool: 'read', status: 'completed' }]);
    expect([...first.failures, ...second.failures]).toEqual([]);
  });

  it('S13: of any other tool fails: nobody knows what it did, and it is not run again', async () => {
    const nodes = new Nodes();
    const [first, second] = [nodes.node('a'), nodes.node('b')];
    const taskId = await nodes.begin(first, 'write');
    nodes.tasks.leases.delete('a');
    await nodes.clock.advance(LEASE_AND_LOOK_MS);
    expect(await second.get(taskId)).toMatchObject({
      status: 'failed',
      error: { code: -32603, data: { outcome: 'unknown' } },
    });
    await nodes.clock.advance(20_000);
    expect(await second.get(taskId)).toMatchObject({ status: 'failed' });
    expect(nodes.runs).toEqual(['a write']);
  });

  it('experiment 5: goes to one of several; the old node stops it when it comes back, and its late words are not kept', async () => {
    const stopped: unknown[] = [];
    const nodes = new Nodes(async (args, context, clock) => {
      context.signal.addEventListener('abort', () => stopped.push(context.requestId));
      return tenSteps(args, context, clock);
    });
    const [first, second, third] = [nodes.node('a'), nodes.node('b'), nodes.node('c')];
    const taskId = await nodes.begin(first, 'read');
    nodes.tasks.leases.delete('a');
    await nodes.clock.advance(LEASE_AND_LOOK_MS);
    nodes.tasks.leases.add('a');
    expect(nodes.runs).toHaveLength(2);
    await nodes.clock.advance(1_000);
    expect([stopped.length, first.dispatcher.tasks.size]).toEqual([1, 0]);
    expect(second.dispatcher.tasks.size + third.dispatcher.tasks.size).toBe(1);
    const heard: unknown[] = [];
    nodes.bus.subscribe((event) => event.type === 'task-changed' && heard.push(JSON.parse(`{${event.members}}`)));
    await nodes.clock.advance(10_000);
    expect(await first.get(taskId)).toMatchObject({ status: 'completed' });
    expect(heard.filter((state) => (state as { status: string }).status !== 'working')).toHaveLength(1);
    expect(nodes.runs).toHaveLength(2);
    expect(first.endedTasks).toEqual([]);
  });

  it('S13: asks again under new keys, and takes the answer from any node', async () => {
    const nodes = new Nodes(async (_args, context) => {
      await context.detach();
      return (await context.elicit('name', FORM)).action;
    });
    const [first, second, third] = [nodes.node('a'), nodes.node('b'), nodes.node('c')];
    const taskId = await nodes.begin(first, 'read');
    expect(await third.get(taskId)).toMatchObject({ status: 'input_required', inputRequests: { name: {} } });
    nodes.tasks.leases.delete('a');
    nodes.tasks.leases.delete('c');
    await nodes.clock.advance(LEASE_AND_LOOK_MS);
    const asked = await third.get(taskId);
    expect(Object.keys(asked['inputRequests'] as object)).toEqual(['name-run2']);
    await third.ask('tasks/update', { taskId, inputResponses: { 'name-run2': { action: 'decline' } } });
    expect(await second.get(taskId)).toMatchObject({ status: 'completed', result: { content: [{ text: 'decline' }] } });
  });

  it('S13: does not ask again what was answered before it became a task', async () => {
    const nodes = new Nodes(async (args, context, clock) => {
      const { action } = await context.elicit('sure', FORM);
      await tenSteps(args, context, clock);
      return action;
    });
    const [first, second] = [nodes.node('a'), nodes.node('b')];
    const params = { name: 'read', arguments: {}, inputResponses: { sure: { action: 'decline' } } };
    const { reply } = await first.ask('tools/call', params);
    const taskId = reply.answer?.result?.['taskId'] as string;
    nodes.tasks.leases.delete('a');
    await nodes.clock.advance(LEASE_AND_LOOK_MS + 10_000);
    expect(await second.get(taskId)).toMatchObject({ status: 'completed', result: { content: [{ text: 'decline' }] } });
  });

  it('S16: can be cancelled on its new node, from any', async () => {
    const nodes = new Nodes();
    const [first, second, third] = [nodes.node('a'), nodes.node('b'), nodes.node('c')];
    const taskId = await nodes.begin(first, 'read');
    nodes.tasks.leases.delete('a');
    await nodes.clock.advance(LEASE_AND_LOOK_MS);
    for (const node of [second, third]) expect(codeOf(await node.ask('tasks/cancel', { taskId }))).toBeUndefined();
    await nodes.clock.advance(0);
    expect(await third.get(taskId)).toMatchObject({ status: 'cancelled' });
    expect(second.dispatcher.tasks.size + third.dispatcher.tasks.size).toBe(0);
  });

  it('S13: that has ended is told to a listener of any node', async () => {
    const nodes = new Nodes();
    const [first, second] = [nodes.node('a'), nodes.node('b')];
    const taskId = await nodes.begin(first, 'read');
    await nodes.clock.advance(10_000);
    nodes.tasks.leases.delete('a');
    const { reply } = await second.ask('subscriptions/listen', { notifications: { taskIds: [taskId] } });
    await nodes.clock.advance(0);
    expect(reply.params('notifications/tasks').map(({ status }) => status)).toEqual(['completed']);
  });
});

describe('a store of tasks that is away', () => {
  it('experiment 6: a call that would become a task is refused, does nothing more, and leaves nothing', async () => {
    let afterDetach = 0;
    const nodes = new Nodes(async (_args, context) => {
      await context.detach();
      afterDetach += 1;
      return 'done';
    });
    const node = nodes.node('a');
    nodes.tasks.away = true;
    const { reply } = await node.ask('tools/call', { name: 'write', arguments: {} });
    expect(reply.error).toBeInstanceOf(CapacityError);
    expect([afterDetach, node.dispatcher.tasks.size]).toEqual([0, 0]);
    nodes.tasks.away = false;
    await nodes.clock.advance(2_000);
    expect([nodes.tasks.entries.size, node.failures]).toEqual([0, []]);
  });

  it('experiment 6: a task that was stored though the answer was lost is refused, deleted later, and never run', async () => {
    const nodes = new Nodes();
    const store = nodes.tasks.node('a');
    const create = store.create.bind(store);
    store.create = async (task, origin) => {
      await create(task, origin);
      throw new LocalError('store_unavailable', 'its answer was lost');
    };
    const node = nodes.node('a', store);
    const { reply } = await node.ask('tools/call', { name: 'read', arguments: {} });
    expect(reply.error).toBeInstanceOf(CapacityError);
    expect(nodes.tasks.entries.size).toBe(1);
    await nodes.clock.advance(5_000);
    expect([nodes.tasks.entries.size, nodes.runs, node.failures]).toEqual([0, ['a read'], []]);
  });

  it('experiment 6: a task goes on, its node knows it, others say so clearly, and the store has the end afterwards', async () => {
    const nodes = new Nodes();
    const [first, second] = [nodes.node('a'), nodes.node('b')];
    const taskId = await nodes.begin(first, 'write');
    nodes.tasks.away = true;
    await nodes.clock.advance(15_000);
    expect(await first.get(taskId)).toMatchObject({ status: 'completed' });
    const elsewhere = await second.ask('tasks/get', { taskId });
    expect(elsewhere.reply.error).toBeInstanceOf(CapacityError);
    expect(codeOf(await second.ask('tasks/cancel', { taskId }))).toBeUndefined();
    nodes.tasks.away = false;
    await nodes.clock.advance(1_000);
    expect(await second.get(taskId)).toMatchObject({ status: 'completed', result: { content: [{ text: 'done' }] } });
    expect([...first.failures, ...second.failures, first.dispatcher.tasks.size]).toEqual([0]);
  });

  it('experiment 7: that comes back without the leases of nodes that live gives them time to renew', async () => {
    const nodes = new Nodes();
    const [first, second] = [nodes.node('a'), nodes.node('b')];
    const taskId = await nodes.begin(first, 'write');
    nodes.tasks.away = true;
    await nodes.clock.advance(2_000);
    nodes.tasks.away = false;
    nodes.tasks.leases.delete('a');
    await nodes.clock.advance(2_000);
    nodes.tasks.leases.add('a');
    await nodes.clock.advance(8_000);
    expect(await second.get(taskId)).toMatchObject({ status: 'completed' });
    expect(nodes.runs).toEqual(['a write']);
  });

  it('experiment 6: that lost everything has the running tasks again within a second', async () => {
    const nodes = new Nodes();
    const [first, second] = [nodes.node('a'), nodes.node('b')];
    const taskId = await nodes.begin(first, 'write');
    nodes.tasks.entries.clear();
    await nodes.clock.advance(1_000);
    expect(await second.get(taskId)).toMatchObject({ status: 'working' });
    await nodes.clock.advance(10_000);
    expect(await second.get(taskId)).toMatchObject({ status: 'completed' });
  });
});
