import { sleep } from '@mcp-cluster/kernel';
import { codeOf, KNOWS_TASKS, resultOf, TaskNode } from '@mcp-cluster/testkit/protocol';
import { describe, expect, it } from 'vitest';
import { Code, ToolError, WireError } from '../wire/errors.js';
import { TASKS_EXTENSION } from './task.js';
import { MemoryTaskStore } from './task-store.js';

const FORM = { message: 'Your name?', requestedSchema: { type: 'object' as const, properties: {} } };

describe('a call that detaches', () => {
  it('S13: is answered with a handle that tasks/get knows, and becomes its result', async () => {
    const node = new TaskNode();
    const handle = resultOf(await node.call());
    expect(handle).toMatchObject({ resultType: 'task', status: 'working', statusMessage: 'working on it' });
    expect(handle).not.toHaveProperty('content');
    const { taskId, createdAt, ttlMs, pollIntervalMs } = handle;
    expect(new Date(createdAt as string).toISOString()).toBe(createdAt);
    expect([ttlMs, pollIntervalMs]).toEqual([3_600_000, 1_000]);

    expect(await node.get(taskId as string)).toMatchObject({ resultType: 'complete', taskId, status: 'working' });
    await node.clock.advance(10_000);
    const done = await node.get(taskId as string);
    expect(done).toMatchObject({ resultType: 'complete', status: 'completed', taskId, createdAt });
    expect(done['result']).toMatchObject({ content: [{ type: 'text', text: 'done' }] });
    expect(done['ttlMs']).toBe(3_610_000);
    expect(node.endedTasks).toMatchObject([{ tool: 'work', status: 'completed', durationMs: 10_000 }]);
    expect(node.failures).toEqual([]);
  });

  it.each([
    ['of 2026-07-28 that does not know tasks', {}],
    ['that knows other extensions only', { extensions: { 'com.example/other': {} } }],
  ])('S13: just goes on for a client %s', async (_what, capabilities) => {
    const node = new TaskNode();
    const { reply } = await node.call({ capabilities });
    expect(reply.done).toBe(false);
    await node.clock.advance(10_000);
    expect(reply.answer?.result).toMatchObject({ resultType: 'complete', content: [{ text: 'done' }] });
  });

  it('S13: just goes on in a session, whatever its client says', async () => {
    const node = new TaskNode();
    const session = node.session('2025-11-25', { extensions: { [TASKS_EXTENSION]: {} } });
    const { reply } = node.inSession(session, 'tools/call', { name: 'work', arguments: {} });
    await node.clock.advance(10_000);
    expect(reply.answer?.result).toEqual({ content: [{ type: 'text', text: 'done' }] });
  });

  it('S13: is answered only when the store has the task', async () => {
    const stored = Promise.withResolvers<undefined>();
    const store = new MemoryTaskStore();
    const create = store.create.bind(store);
    store.create = async (task) => {
      await stored.promise;
      return create(task);
    };
    const node = new TaskNode(undefined, { taskStore: store });
    const { reply } = await node.call();
    expect(reply.done).toBe(false);
    stored.resolve(undefined);
    await node.clock.advance(0);
    expect(reply.answer?.result).toMatchObject({ resultType: 'task' });
  });

  it('S16: lives on when its client leaves after the handle, and stops when it leaves before', async () => {
    const node = new TaskNode();
    const { exchange, reply } = await node.call();
    exchange.disconnected();
    await node.clock.advance(10_000);
    expect(await node.get(reply.answer?.result?.['taskId'] as string)).toMatchObject({ status: 'completed' });

    const early = node.stateless('tools/call', { name: 'work', arguments: {} }, KNOWS_TASKS);
    early.exchange.disconnected();
    await node.clock.advance(0);
    expect(early.reply.abandoned).toBe(true);
    expect(node.endedTasks.at(-1)).toMatchObject({ status: 'cancelled' });
    expect(node.dispatcher.tasks.size).toBe(0);
  });

  it('S13: tells its progress as the status message, once a second at most', async () => {
    const node = new TaskNode(async (_args, context) => {
      await context.detach();
      for (let done = 1; done <= 30; done += 1) {
        context.progress(done, 30, `step ${String(done)}`);
        await sleep(node.clock, 100, context.signal);
      }
      return 'done';
    });
    const taskId = await node.begin();
    const seen = new Set<unknown>();
    for (let turn = 0; turn < 29; turn += 1) {
      await node.clock.advance(100);
      seen.add((await node.get(taskId))['statusMessage']);
    }
    expect([...seen]).toEqual(['step 1', 'step 10', 'step 20']);
  });

  it('S06: flushes the progress that it reported before the handle', async () => {
    const node = new TaskNode(async (_args, context) => {
      context.progress(1, 10, 'prepared');
      context.progress(2, 10, 'ready');
      await context.detach();
      return 'done';
    });
    const params = { name: 'work', arguments: {}, _meta: { progressToken: 'p' } };
    const { reply } = await node.ask('tools/call', params);
    expect(reply.params('notifications/progress').map(({ message }) => message)).toEqual(['prepared', 'ready']);
    expect(reply.answer?.result).toMatchObject({ resultType: 'task' });
  });

  it('S13: says nothing more on its stream after the handle', async () => {
    const closed: boolean[] = [];
    const node = new TaskNode(async (_args, context) => {
      context.log('info', 'before');
      await context.detach();
      context.log('info', 'after');
      context.progress(1, 2, 'half');
      closed.push(context.closeStream());
      return 'done';
    });
    const { reply } = await node.call({ ...KNOWS_TASKS, logLevel: 'debug' });
    // A word after the answer would make RecordingReply throw, and the task fail.
    const taskId = reply.answer?.result?.['taskId'] as string;
    expect(await node.get(taskId)).toMatchObject({ status: 'completed' });
    expect(reply.params('notifications/message').map(({ data }) => data)).toEqual(['before']);
    expect(closed).toEqual([false]);
  });

  it('S13: keeps a tool error as a result, and a protocol error as a failure', async () => {
    const node = new TaskNode(async ({ wire }, context) => {
      await context.detach();
      throw wire === true ? new WireError(Code.InternalError, 'broken', { part: 'disk' }) : new ToolError('no luck');
    });
    const [tool, wire] = [await node.begin(), await node.begin({ wire: true })];
    expect(await node.get(tool)).toMatchObject({
      status: 'completed',
      result: { isError: true, content: [{ text: 'no luck' }] },
    });
    const failed = await node.get(wire);
    expect(failed).toMatchObject({
      status: 'failed',
      error: { code: -32603, message: 'broken', data: { part: 'disk' } },
    });
    expect(failed).not.toHaveProperty('result');
  });
});

describe('tasks/cancel', () => {
  it('S16: stops the handler, acknowledges with nothing, and may come again', async () => {
    const node = new TaskNode();
    const taskId = await node.begin();
    for (let turn = 0; turn < 2; turn += 1) {
      const acknowledged = resultOf(await node.ask('tasks/cancel', { taskId }));
      expect(Object.keys(acknowledged).sort()).toEqual(['_meta', 'resultType']);
    }
    expect(await node.get(taskId)).toMatchObject({
      status: 'cancelled',
      statusMessage: 'the client cancelled the task',
    });
    expect(node.clock.pending).toBeLessThan(5); // the tool's timer is gone with it
  });

  it('leaves a task alone that has ended', async () => {
    const node = new TaskNode();
    const taskId = await node.begin();
    await node.clock.advance(10_000);
    await node.ask('tasks/cancel', { taskId });
    expect(await node.get(taskId)).toMatchObject({ status: 'completed' });
  });
});

describe('the questions of a task', () => {
  const asking = (): TaskNode =>
    new TaskNode(async (_args, context) => {
      await context.detach();
      const [a, b] = await Promise.all([context.elicit('name', FORM), context.elicit('name', FORM)]);
      return `${String(a.content?.['n'])} ${String(b.content?.['n'])}`;
    });
  const accept = (n: number) => ({ action: 'accept', content: { n } });

  it('S13: are shown until each is answered, under keys that are never used twice', async () => {
    const node = asking();
    const taskId = await node.begin();
    const waiting = await node.get(taskId);
    expect(waiting).toMatchObject({ status: 'input_required' });
    expect(Object.keys(waiting['inputRequests'] as object)).toEqual(['name', 'name-2']);

    const ack = resultOf(await node.ask('tasks/update', { taskId, inputResponses: { name: accept(1), unknown: 3 } }));
    expect(Object.keys(ack).sort()).toEqual(['_meta', 'resultType']);
    const half = await node.get(taskId);
    expect(half).toMatchObject({ status: 'input_required' });
    expect(Object.keys(half['inputRequests'] as object)).toEqual(['name-2']);

    await node.ask('tasks/update', { taskId, inputResponses: { name: accept(7), 'name-2': accept(2) } });
    const done = await node.get(taskId);
    expect(done).toMatchObject({ status: 'completed', result: { content: [{ text: '1 2' }] } });
    expect(done).not.toHaveProperty('inputRequests');
  });

  it.each([
    ['no object', 'yes', 'inputResponses: expected an object'],
    ['a malformed answer', { name: { action: 'maybe' } }, 'inputResponses.name.action'],
  ])('refuse %s, and go on waiting', async (_what, inputResponses, message) => {
    const node = asking();
    const taskId = await node.begin();
    const sent = await node.ask('tasks/update', { taskId, inputResponses });
    expect(codeOf(sent)).toBe(-32602);
    expect(sent.reply.answer?.error?.message).toContain(message);
    expect(await node.get(taskId)).toMatchObject({ status: 'input_required' });
  });

  it('S16: end with the task', async () => {
    const node = asking();
    const taskId = await node.begin();
    await node.ask('tasks/cancel', { taskId });
    expect(await node.get(taskId)).toMatchObject({ status: 'cancelled' });
    expect(node.failures).toEqual([]);
  });

  it('need what the client declared on the call', async () => {
    const node = asking();
    const sent = await node.call({ capabilities: { extensions: { [TASKS_EXTENSION]: {} } } });
    const taskId = resultOf(sent)['taskId'] as string;
    expect(await node.get(taskId)).toMatchObject({ status: 'failed', error: { code: -32021 } });
  });
});
