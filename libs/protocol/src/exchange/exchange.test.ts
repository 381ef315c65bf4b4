import { TestNode, testTool, type Sent } from '@mcp-cluster/testkit/protocol';
import { LocalError } from '@mcp-cluster/kernel';
import { describe, expect, it } from 'vitest';
import { CancelledError, WireError } from '../wire/errors.js';
import type { ExchangeContext } from './context.js';

const CALL = { name: 'tool', arguments: {} };
const WITH_TOKEN = { ...CALL, _meta: { progressToken: 't' } };

/** A node with one tool, which waits until the test lets it go on. */
function nodeWith(handler: (context: ExchangeContext, gate: Promise<string>) => string | Promise<string>) {
  const node = new TestNode();
  const gate = Promise.withResolvers<string>();
  const contexts: ExchangeContext[] = [];
  node.registry.tool(
    testTool('tool', (_args, context) => {
      contexts.push(context);
      return handler(context, gate.promise);
    }),
  );
  return { node, gate, contexts };
}

const waiting = (_context: ExchangeContext, gate: Promise<string>): Promise<string> => gate;
const isText = (sent: Sent, text: string): void => {
  expect(sent.reply.answer?.result?.['content']).toEqual([{ type: 'text', text }]);
};

describe('the end', () => {
  it('comes once: what a handler does after it goes nowhere', async () => {
    let late: ExchangeContext | undefined;
    const { node } = nodeWith((context) => {
      late = context;
      return 'done';
    });
    const sent = node.stateless('tools/call', WITH_TOKEN, { logLevel: 'debug' });
    isText(sent, 'done');
    late?.progress(1, 2, 'late');
    late?.log('error', 'late');
    sent.exchange.complete({ content: [] });
    sent.exchange.fail(new Error('late'));
    sent.exchange.cancel('late');
    sent.exchange.notify('{}');
    await node.clock.advance(10_000);
    expect(sent.reply.notified).toEqual([]);
    expect(node.ended.map(({ outcome }) => outcome)).toEqual(['ok']);
  });

  it('S06: sends the progress that waits before the result', async () => {
    const { node } = nodeWith((context) => {
      for (let done = 1; done <= 4; done += 1) context.progress(done, 4);
      return 'done';
    });
    const sent = node.stateless('tools/call', WITH_TOKEN);
    expect(sent.reply.params('notifications/progress').map(({ progress }) => progress)).toEqual([1, 4]);
    isText(sent, 'done');
    await node.clock.advance(1_000);
    expect(node.clock.pending).toBe(new TestNode().clock.pending);
  });

  it('S03: tells only progress above what the client has seen of a node that was lost', () => {
    const { node } = nodeWith((context) => {
      context.progress(3, 9);
      context.progress(4, 9);
      return 'done';
    });
    const sent = node.stateless('tools/call', WITH_TOKEN, { splice: { progressAbove: 3 } });
    expect(sent.reply.params('notifications/progress').map(({ progress }) => progress)).toEqual([4]);
    isText(sent, 'done');
  });

  it('says nothing of our inside when something unknown was thrown', async () => {
    const node = new TestNode();
    const cause = new LocalError('secret', 'password is hunter2');
    node.registry.prompt({ name: 'broken', description: 'Breaks.', handler: () => Promise.reject(cause) });
    const { reply } = node.stateless('prompts/get', { name: 'broken' });
    await node.clock.advance(0);
    expect(reply.answer?.error).toEqual({ code: -32603, message: 'Internal error' });
    expect(node.ended[0]).toMatchObject({ outcome: '-32603', thrown: cause });
  });
});

describe('progress', () => {
  it('S04: without a token nothing is sent and no timer is set', () => {
    const { node, gate, contexts } = nodeWith(waiting);
    const before = node.clock.pending;
    const sent = node.stateless('tools/call', CALL);
    for (let done = 1; done <= 100; done += 1) contexts[0]?.progress(done, 100);
    expect(sent.reply.notified).toEqual([]);
    expect(node.clock.pending).toBe(before);
    gate.resolve('');
  });

  it('S04: none is sent to a client that takes one JSON answer only', () => {
    const { node, contexts } = nodeWith(waiting);
    const sent = node.stateless('tools/call', WITH_TOKEN, { streams: false });
    contexts[0]?.progress(1, 2);
    expect(sent.reply.notified).toEqual([]);
  });

  it.each([[{}], [true], [null], [['t']]])('S04: a token of %j is none', (progressToken) => {
    const { node, contexts } = nodeWith(waiting);
    const sent = node.stateless('tools/call', { ...CALL, _meta: { progressToken } });
    contexts[0]?.progress(1, 2);
    expect(sent.reply.notified).toEqual([]);
  });

  it('S05: the interval of the tool holds', async () => {
    const node = new TestNode();
    const report = (_args: unknown, context: ExchangeContext): Promise<string> => {
      for (let done = 1; done <= 3; done += 1) context.progress(done, 3);
      return new Promise(() => undefined);
    };
    node.registry.tool(testTool('each', report, { progressIntervalMs: 0 }));
    node.registry.tool(testTool('slow', report, { progressIntervalMs: 5_000 }));
    const values = (name: string): (() => unknown[]) => {
      const { reply } = node.stateless('tools/call', { ...WITH_TOKEN, name });
      return () => reply.params('notifications/progress').map(({ progress }) => progress);
    };
    const each = values('each');
    const slow = values('slow');
    expect(each()).toEqual([1, 2, 3]);
    await node.clock.advance(4_999);
    expect(slow()).toEqual([1]);
    await node.clock.advance(1);
    expect(slow()).toEqual([1, 3]);
  });
});

describe('cancellation', () => {
  it('S16: aborts the signal with the reason, sends no answer, and ignores what the handler returns', async () => {
    const { node, gate, contexts } = nodeWith(waiting);
    const sent = node.stateless('tools/call', CALL);
    const { signal } = contexts[0]!;
    expect(signal.aborted).toBe(false);
    sent.exchange.cancel('no longer needed');
    expect(signal.reason).toBeInstanceOf(CancelledError);
    expect((signal.reason as Error).message).toBe('no longer needed');
    gate.resolve('late');
    await node.clock.advance(1);
    expect(sent.reply).toMatchObject({ abandoned: true, answer: undefined });
    expect(node.ended.map(({ outcome }) => outcome)).toEqual(['cancelled']);
  });

  it('S16: is seen by a handler that looks at the signal only afterwards', () => {
    const { node, contexts } = nodeWith(waiting);
    node.stateless('tools/call', CALL).exchange.cancel('why');
    expect(contexts[0]!.signal.aborted).toBe(true);
    expect(() => {
      contexts[0]!.throwIfCancelled();
    }).toThrow('why');
  });

  it('S16: stops a tool between two chunks', async () => {
    let chunks = 0;
    const { node } = nodeWith(async (context) => {
      for (; chunks < 1_000; chunks += 1) await context.breathe();
      return 'all';
    });
    const sent = node.stateless('tools/call', CALL);
    sent.exchange.cancel('enough');
    await expect(sent.exchange.breathe()).rejects.toBeInstanceOf(CancelledError);
    expect(chunks).toBeLessThan(3);
    expect(sent.reply.answer).toBeUndefined();
  });

  it('S16: drops the progress that waits', async () => {
    const { node, contexts } = nodeWith(waiting);
    const sent = node.stateless('tools/call', WITH_TOKEN);
    contexts[0]?.progress(1, 3);
    contexts[0]?.progress(2, 3);
    sent.exchange.cancel('why');
    await node.clock.advance(1_000);
    expect(sent.reply.params('notifications/progress')).toHaveLength(1);
  });

  it('S16: a closed connection cancels a stateless call and leaves one of a session running', async () => {
    const { node, gate } = nodeWith(waiting);
    const stateless = node.stateless('tools/call', CALL);
    const inSession = node.inSession(node.session(), 'tools/call', CALL);
    stateless.exchange.disconnected();
    inSession.exchange.disconnected();
    expect(stateless.exchange.isCancelled).toBe(true);
    gate.resolve('done');
    await node.clock.advance(0);
    isText(inSession, 'done');
  });
});

describe('log messages', () => {
  const LOG = { name: 'tool', arguments: {} };
  const logging = () =>
    nodeWith((context) => {
      context.log('debug', { a: 1 });
      context.log('warning', 'two', 'disk');
      return 'done';
    });

  it('reach a stateless client at or above the level of its request, and none that gave no level', () => {
    const { node } = logging();
    expect(node.stateless('tools/call', LOG).reply.notified).toEqual([]);
    const { reply } = node.stateless('tools/call', LOG, { logLevel: 'info' });
    expect(reply.params('notifications/message')).toEqual([{ level: 'warning', logger: 'disk', data: 'two' }]);
    const all = node.stateless('tools/call', LOG, { logLevel: 'debug' }).reply;
    expect(all.notified.map(({ kind }) => kind)).toEqual(['log', 'log']);
  });

  it('follow the level that a session set', () => {
    const { node } = logging();
    const session = node.session();
    const seen = (): number => node.inSession(session, 'tools/call', LOG).reply.notified.length;
    expect(seen()).toBe(1);
    node.inSession(session, 'logging/setLevel', { level: 'debug' });
    expect(seen()).toBe(2);
    node.inSession(session, 'logging/setLevel', { level: 'emergency' });
    expect(seen()).toBe(0);
  });
});

it('a WireError keeps its code, message and data', () => {
  const { node } = nodeWith(() => {
    throw new WireError(-32_099, 'mine', { why: 'because' });
  });
  const { reply } = node.stateless('tools/call', CALL);
  expect(reply.answer?.error).toEqual({ code: -32_099, message: 'mine', data: { why: 'because' } });
});
