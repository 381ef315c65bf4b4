import { sleep } from '@mcp-cluster/kernel';
import { codeOf, KNOWS_TASKS, TaskNode, TestNode, testTool } from '@mcp-cluster/testkit/protocol';
import { describe, expect, it } from 'vitest';
import { LocalBus } from '../cluster/bus.js';
import type { Principal } from '../exchange/context.js';
import { CapacityError } from '../wire/errors.js';
import { TASKS_EXTENSION } from './task.js';
import { DEFAULT_TASK_LIMITS } from './task-limits.js';

const FORM = { message: 'Your name?', requestedSchema: { type: 'object' as const, properties: {} } };
const MINUTE = 60_000;

describe('who may ask', () => {
  const other: Principal = { issuer: 'https://issuer', subject: 'other' };

  it.each(['tasks/get', 'tasks/update', 'tasks/cancel'])(
    'S13: %s wants the extension declared (-32021)',
    async (method) => {
      const node = new TaskNode();
      const sent = await node.ask(method, { taskId: await node.begin(), inputResponses: {} }, { capabilities: {} });
      expect(sent.reply.answer?.error).toMatchObject({
        code: -32021,
        data: { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
      });
    },
  );

  it.each(['tasks/get', 'tasks/update', 'tasks/cancel'])(
    'S13: %s hides a task from everybody else (S6)',
    async (method) => {
      const node = new TaskNode();
      const taskId = await node.begin();
      const theirs = await node.ask(method, { taskId, inputResponses: {} }, { ...KNOWS_TASKS, principal: other });
      const forged = await node.ask(method, { taskId: `${taskId.slice(0, -1)}x`, inputResponses: {} });
      const none = await node.ask(method, { inputResponses: {} });
      expect([theirs, forged, none].map(codeOf)).toEqual([-32602, -32602, -32602]);
      expect(theirs.reply.answer?.error?.message).toBe(forged.reply.answer?.error?.message);
      expect(await node.get(taskId)).toMatchObject({ status: 'working' });
    },
  );

  it('S13: a tool that needs tasks refuses a client without them before it runs', () => {
    const node = new TestNode();
    let ran = 0;
    node.registry.tool(testTool('long', () => String((ran += 1)), { taskRequired: true }));
    const params = { name: 'long', arguments: {} };
    expect(codeOf(node.stateless('tools/call', params))).toBe(-32021);
    const inSession = node.inSession(node.session(), 'tools/call', params);
    expect(inSession.reply.answer?.error?.message ?? JSON.stringify(inSession.reply.answer?.result)).toContain(
      'start_job',
    );
    expect(ran).toBe(0);
  });
});

describe('limits', () => {
  it('S13: refuses a task too many and keeps those it has', async () => {
    const node = new TaskNode(undefined, { taskLimits: { ...DEFAULT_TASK_LIMITS, running: 1 } });
    const taskId = await node.begin();
    const refused = await node.call();
    expect(refused.reply.error).toBeInstanceOf(CapacityError);
    expect(await node.get(taskId)).toMatchObject({ status: 'working' });
  });

  it('S13: forgets an ended task an hour after its end, not before', async () => {
    const node = new TaskNode();
    const taskId = await node.begin();
    await node.clock.advance(10_000 + 59 * MINUTE);
    expect(await node.get(taskId)).toMatchObject({ status: 'completed' });
    await node.clock.advance(3 * MINUTE);
    expect(codeOf(await node.ask('tasks/get', { taskId }))).toBe(-32602);
  });

  it('S13: ends a task that nobody answers in time, and one that never ends', async () => {
    const node = new TaskNode(async ({ ask }, context) => {
      await context.detach();
      if (ask === true) await context.elicit('name', FORM);
      else await sleep(node.clock, 100 * 86_400_000, context.signal);
      return 'done';
    });
    const [waiting, working] = [await node.begin({ ask: true }), await node.begin()];
    await node.clock.advance(62 * MINUTE);
    expect(await node.get(waiting)).toMatchObject({ status: 'cancelled' });
    const { ttlMs, status } = await node.get(working);
    expect(status).toBe('working');
    expect(ttlMs).toBeGreaterThan(90 * MINUTE); // kept up while it works
    await node.clock.advance(24 * 60 * MINUTE);
    expect(node.endedTasks.map((end) => end.status)).toEqual(['cancelled', 'cancelled']);
  });
});

describe('other nodes', () => {
  const pair = (work?: ConstructorParameters<typeof TaskNode>[0]) => {
    const bus = new LocalBus();
    const first = new TaskNode(work, { bus, nodeId: 'node-1' });
    const second = new TaskNode(undefined, { bus, nodeId: 'node-2', clock: first.clock, seed: 2 });
    return { first, second };
  };

  it('S13: hand answers on, and malformed ones end nothing where the task runs', async () => {
    const { first, second } = pair(async (_args, context) => {
      await context.detach();
      return (await context.elicit('name', FORM)).action;
    });
    const taskId = await first.begin();
    const send = (name: unknown) => second.ask('tasks/update', { taskId, inputResponses: { name } });
    expect(codeOf(await send({ action: 'maybe' }))).toBeUndefined();
    expect(await first.get(taskId)).toMatchObject({ status: 'input_required' });
    expect(codeOf(await send({ action: 'decline' }))).toBeUndefined();
    expect(await first.get(taskId)).toMatchObject({ status: 'completed', result: { content: [{ text: 'decline' }] } });
  });

  it('S16: hand a cancellation on to the node that runs the task', async () => {
    const { first, second } = pair();
    const taskId = await first.begin();
    expect(codeOf(await second.ask('tasks/cancel', { taskId }))).toBeUndefined();
    expect(await first.get(taskId)).toMatchObject({ status: 'cancelled' });
  });

  it('S13: tell their listeners, who hear the present state first and nothing of other tasks', async () => {
    const { first, second } = pair();
    const [taskId, unheard] = [await first.begin(), await first.begin()];
    const notifications = { taskIds: [taskId, 'forged'] };
    const { reply } = await second.ask('subscriptions/listen', { notifications }, { ...KNOWS_TASKS, id: 'listen' });
    expect(reply.params('notifications/subscriptions/acknowledged')).toMatchObject([
      { notifications: { taskIds: [taskId] } },
    ]);
    await first.ask('tasks/cancel', { taskId: unheard });
    await first.clock.advance(10_000);
    const heard = reply.params('notifications/tasks');
    expect(heard.map(({ status }) => status)).toEqual(['working', 'completed']);
    expect(heard.at(-1)).toMatchObject({
      taskId,
      result: { content: [{ text: 'done' }] },
      _meta: { 'io.modelcontextprotocol/subscriptionId': 'listen' },
    });
  });

  it('S13: a listener hears of a task that ended before it came', async () => {
    const { first, second } = pair();
    const taskId = await first.begin();
    await first.clock.advance(10_000);
    const { reply } = await second.ask('subscriptions/listen', { notifications: { taskIds: [taskId] } });
    expect(reply.params('notifications/tasks').map(({ status }) => status)).toEqual(['completed']);
  });

  it.each([
    [['a'], { capabilities: {} }, -32021],
    ['a', KNOWS_TASKS, -32602],
    [[1], KNOWS_TASKS, -32602],
    [Array.from({ length: 1_001 }, String), KNOWS_TASKS, -32602],
  ])('S13: a listener cannot ask for taskIds %.20j', async (taskIds, options, code) => {
    const sent = await new TaskNode().ask('subscriptions/listen', { notifications: { taskIds } }, options);
    expect(codeOf(sent)).toBe(code);
  });
});
