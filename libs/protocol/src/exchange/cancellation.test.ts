import { sleep } from '@mcp-cluster/kernel';
import { KNOWS_TASKS, TaskNode, TestNode, testTool, type RecordingReply } from '@mcp-cluster/testkit/protocol';
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../wire/errors.js';
import type { ExchangeContext } from './context.js';
import type { Exchange } from './exchange.js';

const FORM = { message: 'Name?', requestedSchema: { type: 'object' as const, properties: {} } };
const META = { progressToken: 'p' };

/** How a client of each era stops a call. */
const ERAS = ['2026-07-28', '2025-11-25'] as const;
type EraName = (typeof ERAS)[number];

interface Call {
  readonly node: TestNode;
  readonly exchange: Exchange;
  readonly reply: RecordingReply;
  /** Stops the call by the rule of its era: the closed stream, or the notification. */
  readonly stop: () => void;
}

function begin(era: EraName, node: TestNode, method: string, params: Record<string, unknown>): Call {
  const whole = { ...params, _meta: META };
  if (era === '2026-07-28') {
    const sent = node.stateless(method, whole, { capabilities: { elicitation: {} } });
    return { node, ...sent, stop: () => { sent.exchange.disconnected(); } }; // prettier-ignore
  }
  const session = node.session('2025-11-25', { elicitation: {} });
  const sent = node.inSession(session, method, whole, { id: 'call' });
  const cancelled = { requestId: 'call', reason: 'enough' };
  const stop = (): void => {
    node.dispatcher.notification(
      { kind: 'notification', method: 'notifications/cancelled', params: cancelled },
      session,
    );
  };
  return { node, ...sent, stop };
}

/** What must hold after a call was stopped, wherever it was. */
async function expectStopped({ node, reply, exchange }: Call): Promise<void> {
  expect(reply.abandoned).toBe(true);
  expect(reply.answer).toBeUndefined();
  expect(exchange.isCancelled).toBe(true);
  const said = reply.notified.length;
  // RecordingReply throws on a word after the end: time for whatever the handler still does.
  await node.clock.advance(120_000);
  expect(reply.notified.length).toBe(said);
  expect(node.ended.map(({ outcome }) => outcome)).toEqual(['cancelled']);
  expect(node.dispatcher.inFlight).toBe(0);
  expect(node.failures).toEqual([]);
}

/** The steps of a tool's life at which it waits, and so can be stopped. */
const STEPS: Record<string, (context: ExchangeContext, node: TestNode) => Promise<unknown>> = {
  'before its first word': (_context, node) => sleep(node.clock, 60_000),
  'while it sleeps with the signal': (context, node) => sleep(node.clock, 60_000, context.signal),
  'between two chunks': async (context) => {
    for (;;) await context.breathe();
  },
  'with progress that still waits for its turn': async (context, node) => {
    context.progress(1, 10, 'one');
    context.progress(2, 10, 'two');
    await sleep(node.clock, 60_000, context.signal);
  },
  'while it ignores the signal': async (context, node) => {
    await sleep(node.clock, 1_000);
    context.progress(9, 10, 'late');
    context.log('info', 'late');
  },
  'after which it throws something of its own': async (context, node) => {
    await sleep(node.clock, 60_000, context.signal).catch(() => undefined);
    throw new Error('cleaning up went wrong');
  },
};

describe.each(ERAS)('S16: a call of %s is stopped', (era) => {
  it.each(Object.keys(STEPS))('%s', async (step) => {
    const node = new TestNode();
    let reason: unknown;
    node.registry.tool(
      testTool('work', async (_args, context) => {
        context.signal.addEventListener('abort', () => {
          reason = context.signal.reason as unknown;
        });
        await STEPS[step]?.(context, node);
        return 'done';
      }),
    );
    const call = begin(era, node, 'tools/call', { name: 'work', arguments: {} });
    await node.clock.advance(10);
    call.stop();
    await expectStopped(call);
    expect(reason).toBeInstanceOf(CancelledError);
  });

  it('and a handler that looks at the signal only afterwards finds it aborted', async () => {
    const node = new TestNode();
    const seen: boolean[] = [];
    node.registry.tool(
      testTool('work', async (_args, context) => {
        await sleep(node.clock, 1_000);
        seen.push(context.signal.aborted);
        context.throwIfCancelled();
        seen.push(true);
        return 'done';
      }),
    );
    const call = begin(era, node, 'tools/call', { name: 'work', arguments: {} });
    await node.clock.advance(10);
    call.stop();
    await expectStopped(call);
    expect(seen).toEqual([true]);
  });

  it('a second time, which changes nothing', async () => {
    const node = new TestNode();
    node.registry.tool(
      testTool('work', (_args, context) => sleep(node.clock, 60_000, context.signal).then(() => 'done')),
    );
    const call = begin(era, node, 'tools/call', { name: 'work', arguments: {} });
    await node.clock.advance(10);
    call.stop();
    call.stop();
    await expectStopped(call);
  });

  it('too late: an answer that was given stays', async () => {
    const node = new TestNode();
    node.registry.tool(testTool('work', () => 'done'));
    const call = begin(era, node, 'tools/call', { name: 'work', arguments: {} });
    call.stop();
    await node.clock.advance(1_000);
    expect(call.reply.answer?.result).toMatchObject({ content: [{ text: 'done' }] });
    expect(node.ended.map(({ outcome }) => outcome)).toEqual(['ok']);
  });

  it.each(['resources/read', 'prompts/get'])('in the middle of %s', async (method) => {
    const node = new TestNode();
    const handler = async (_first: unknown, context: ExchangeContext): Promise<string> => {
      await sleep(node.clock, 60_000, context.signal);
      return 'done';
    };
    node.registry.resource({ uri: 'test://slow', name: 'slow', description: 'Slow.', handler });
    node.registry.prompt({ name: 'slow', description: 'Slow.', handler });
    const call = begin(era, node, method, method === 'prompts/get' ? { name: 'slow' } : { uri: 'test://slow' });
    await node.clock.advance(10);
    call.stop();
    await expectStopped(call);
  });
});

describe('S16: by the rule of the era', () => {
  it('2025-11-25: while it waits for an answer of its client', async () => {
    const node = new TestNode();
    node.registry.tool(testTool('work', async (_args, context) => (await context.elicit('name', FORM)).action));
    const call = begin('2025-11-25', node, 'tools/call', { name: 'work', arguments: {} });
    await node.clock.advance(10);
    expect(call.reply.notified.map(({ kind }) => kind)).toEqual(['ask']);
    call.stop();
    await expectStopped(call);
  });

  it('2025-11-25: a client that goes away stops nothing', async () => {
    const node = new TestNode();
    node.registry.tool(
      testTool('work', (_args, context) => sleep(node.clock, 1_000, context.signal).then(() => 'done')),
    );
    const call = begin('2025-11-25', node, 'tools/call', { name: 'work', arguments: {} });
    call.exchange.disconnected();
    await node.clock.advance(1_000);
    expect(call.reply.answer?.result).toMatchObject({ content: [{ text: 'done' }] });
  });

  it.each(['work-of-nobody', 7, null, {}, undefined])(
    '2025-11-25: a cancellation of %j hits nothing',
    async (requestId) => {
      const node = new TestNode();
      node.registry.tool(
        testTool('work', (_args, context) => sleep(node.clock, 1_000, context.signal).then(() => 'done')),
      );
      const session = node.session();
      const { reply } = node.inSession(session, 'tools/call', { name: 'work' }, { id: 'call' });
      const message = { kind: 'notification', method: 'notifications/cancelled', params: { requestId } } as const;
      node.dispatcher.notification(message, session);
      await node.clock.advance(1_000);
      expect(reply.answer?.result).toMatchObject({ content: [{ text: 'done' }] });
    },
  );

  it('2025-11-25: the id of a stopped call may be used again', async () => {
    const node = new TestNode();
    node.registry.tool(
      testTool('work', (_args, context) => sleep(node.clock, 1_000, context.signal).then(() => 'done')),
    );
    const session = node.session();
    const first = node.inSession(session, 'tools/call', { name: 'work' }, { id: 'call' });
    await node.clock.advance(10);
    first.exchange.cancel('enough');
    const second = node.inSession(session, 'tools/call', { name: 'work' }, { id: 'call' });
    await node.clock.advance(1_000);
    expect(second.reply.answer?.result).toMatchObject({ content: [{ text: 'done' }] });
  });

  it('2026-07-28: a call that became a task is stopped by tasks/cancel only', async () => {
    const node = new TaskNode();
    const taskId = await node.begin();
    const { exchange } = await node.call();
    exchange.disconnected();
    await node.ask('tasks/cancel', { taskId }, KNOWS_TASKS);
    expect(await node.get(taskId)).toMatchObject({ status: 'cancelled' });
    expect(node.dispatcher.tasks.size).toBe(1);
  });
});
