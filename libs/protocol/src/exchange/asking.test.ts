import { TestNode, testTool } from '@mcp-cluster/testkit/protocol';
import { describe, expect, it } from 'vitest';
import type { ClusterEvent } from '../cluster/bus.js';
import type { Session } from '../session/session.js';
import type { ExchangeContext } from './context.js';

const ALL = { elicitation: {}, sampling: {}, roots: {} };
const FORM = { message: 'Your name?', requestedSchema: { type: 'object' as const, properties: {} } };
const CALL = { name: 'ask', arguments: {} };
const accepted = (name: string) => ({ action: 'accept', content: { name } });

async function greet(_args: unknown, context: ExchangeContext): Promise<string> {
  const { action, content } = await context.elicit('user', FORM);
  return action === 'accept' ? `Hello, ${String(content?.['name'])}` : `no name: ${action}`;
}

function asker(handler = greet) {
  const node = new TestNode();
  node.registry.tool(testTool('ask', handler));
  const session = node.session('2025-11-25', ALL);
  const ask = async (on: Session = session) => {
    const sent = node.inSession(on, 'tools/call', CALL);
    await node.clock.advance(0);
    const asked = sent.reply.notified.at(-1)?.message;
    return { ...sent, asked, id: asked?.id as string };
  };
  const answer = async (id: string, body: object): Promise<boolean> => {
    const elsewhere: ClusterEvent[] = [];
    node.bus.subscribe((event) => elsewhere.push(event));
    node.dispatcher.response({ kind: 'response', id, ...body }, session);
    await node.clock.advance(0);
    return elsewhere.length === 0;
  };
  return { node, session, ask, answer };
}

const textOf = (reply: { answer?: { result?: Record<string, unknown> } | undefined }): unknown => {
  const content = reply.answer?.result?.['content'] as { text: string }[] | undefined;
  return content?.[0]?.text;
};

describe('a question in a session', () => {
  it('is a request to the client, and its answer goes on with the call', async () => {
    const { ask, answer } = asker();
    const { reply, asked, id } = await ask();
    expect(asked).toEqual({ jsonrpc: '2.0', id, method: 'elicitation/create', params: { mode: 'form', ...FORM } });
    expect(id).toMatch(/^node-1\.[\w-]{8}\.\d+$/);
    expect(reply.notified.at(-1)?.kind).toBe('ask');
    expect(await answer(id, { result: accepted('Ada') })).toBe(true);
    expect(textOf(reply)).toBe('Hello, Ada');
    expect(await answer(id, { result: accepted('Eve') })).toBe(false);
  });

  it('gives each question an id of its own, and each answer to its own question', async () => {
    const { ask, answer } = asker();
    const [first, second] = [await ask(), await ask()];
    expect(first.id).not.toBe(second.id);
    await answer(second.id, { result: accepted('Two') });
    await answer(first.id, { result: accepted('One') });
    expect([textOf(first.reply), textOf(second.reply)]).toEqual(['Hello, One', 'Hello, Two']);
  });

  it('that the client refuses with an error is a tool error', async () => {
    const { ask, answer } = asker();
    const { reply, id } = await ask();
    await answer(id, { error: { code: -1, message: 'User rejected' } });
    expect(reply.answer?.result?.['isError']).toBe(true);
    expect(textOf(reply)).toBe('the client refused elicitation/create: User rejected');
  });

  it('that is declined is an answer like any other', async () => {
    const { ask, answer } = asker();
    const { reply, id } = await ask();
    await answer(id, { result: { action: 'decline' } });
    expect(textOf(reply)).toBe('no name: decline');
  });

  it('with an answer that the schema does not allow ends in an error that names the key', async () => {
    const { ask, answer } = asker();
    const { reply, id } = await ask();
    await answer(id, { result: { action: 'perhaps' } });
    expect(reply.answer?.error?.code).toBe(-32602);
    expect(reply.answer?.error?.message).toContain('user.action');
  });

  it('is given up after 5 min, and a late answer goes nowhere', async () => {
    const { node, ask, answer } = asker();
    const { reply, id } = await ask();
    await node.clock.advance(299_999);
    expect(reply.done).toBe(false);
    await node.clock.advance(1);
    expect(textOf(reply)).toBe('the client did not answer elicitation/create in 5 min');
    expect(await answer(id, { result: accepted('Late') })).toBe(false);
  });

  it('S16: ends with the call that asked, when that is cancelled', async () => {
    const { node, ask, answer } = asker();
    const before = node.clock.pending;
    const { reply, exchange, id } = await ask();
    exchange.cancel('enough');
    await node.clock.advance(0);
    expect(reply.abandoned).toBe(true);
    expect(await answer(id, { result: accepted('Late') })).toBe(false);
    expect(node.clock.pending).toBe(before);
  });

  it('ends with its session', async () => {
    const { node, session, ask } = asker();
    const { reply } = await ask();
    void node.dispatcher.sessions.end(session.id);
    await node.clock.advance(0);
    expect(reply.abandoned).toBe(true);
    expect(node.dispatcher.inFlight).toBe(0);
  });

  it('is refused where the client declared no such capability, or takes no stream', async () => {
    const { node, session, ask } = asker();
    const { reply } = await ask(node.session('2025-11-25', {}));
    expect(reply.answer?.result?.['isError']).toBe(true);
    expect(textOf(reply)).toContain('did not declare the capability elicitation');
    const sent = node.inSession(session, 'tools/call', CALL, { streams: false });
    await node.clock.advance(0);
    expect(textOf(sent.reply)).toBe('the client accepts no event stream, so it cannot be asked');
  });

  it('is one of at most 64 that a session leaves open', async () => {
    const { ask } = asker();
    for (let open = 0; open < 64; open += 1) expect((await ask()).reply.done).toBe(false);
    const { reply } = await ask();
    expect(textOf(reply)).toContain('more than 64 open questions');
  });

  it('asks several at once', async () => {
    const { ask, answer } = asker(async (_args, context) => {
      const { user, roots, model } = await context.ask({
        user: { method: 'elicitation/create', params: { mode: 'form', ...FORM } },
        roots: { method: 'roots/list' },
        model: { method: 'sampling/createMessage', params: { messages: [], maxTokens: 5 } },
      });
      return `${user.action}, ${String(roots.roots.length)} roots, ${model.model}`;
    });
    const { reply } = await ask();
    const asked = reply.notified.map(({ message }) => message);
    expect(asked.map(({ method }) => method)).toEqual(['elicitation/create', 'roots/list', 'sampling/createMessage']);
    const [user, roots, model] = asked.map(({ id }) => id as string);
    await answer(model!, { result: { role: 'assistant', content: { type: 'text', text: 'x' }, model: 'm1' } });
    await answer(roots!, { result: { roots: [{ uri: 'file:///a' }] } });
    expect(reply.done).toBe(false);
    await answer(user!, { result: accepted('A') });
    expect(textOf(reply)).toBe('accept, 1 roots, m1');
  });
});
