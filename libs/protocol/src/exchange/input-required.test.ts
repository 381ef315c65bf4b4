import { TestNode, testTool, type Sent, type StatelessOptions } from '@mcp-cluster/testkit/protocol';
import { describe, expect, it } from 'vitest';
import { LocalBus } from '../cluster/bus.js';
import type { ExchangeContext, Principal } from './context.js';

const FORM = { message: 'Say', requestedSchema: { type: 'object' as const, properties: {} } };
const CAPABLE: StatelessOptions = { capabilities: { elicitation: {}, sampling: {}, roots: {} } };
const said = (word: string) => ({ action: 'accept', content: { word } });

/** Asks twice, one question after the other. */
async function twice(_args: unknown, context: ExchangeContext): Promise<string> {
  const first = await context.elicit('step1', FORM);
  const second = await context.elicit('step2', { ...FORM, message: `After ${String(first.content?.['word'])}` });
  return `${String(first.content?.['word'])} ${String(second.content?.['word'])}`;
}

function asking(handler: (args: Record<string, unknown>, context: ExchangeContext) => Promise<string> = twice) {
  const node = new TestNode();
  node.registry.tool(testTool('ask', handler));
  const call = async (params: object = {}, options: StatelessOptions = CAPABLE): Promise<Sent> => {
    const sent = node.stateless('tools/call', { name: 'ask', arguments: { a: 1, b: 2 }, ...params }, options);
    await node.clock.advance(0);
    return sent;
  };
  return { node, call };
}

const resultOf = ({ reply }: Sent): Record<string, unknown> => {
  if (reply.answer?.result === undefined) throw new Error(`no result: ${JSON.stringify(reply.answer)}`);
  return reply.answer.result;
};
const stateOf = (sent: Sent): string => resultOf(sent)['requestState'] as string;
const refusal = ({ reply }: Sent): string | undefined => {
  if (reply.answer?.error !== undefined) expect(reply.answer.error.code).toBe(-32602);
  return reply.answer?.error?.message;
};

describe('a question of a stateless call', () => {
  it('ends the call as input_required, with the questions and a sealed state', async () => {
    const { node, call } = asking();
    const result = resultOf(await call());
    expect(result).toMatchObject({
      resultType: 'input_required',
      inputRequests: { step1: { method: 'elicitation/create', params: { mode: 'form', ...FORM } } },
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'test', version: '1.2.3' } },
    });
    expect(result['requestState']).toMatch(/^[A-Za-z0-9_-]{40,}$/);
    expect(node.ended.map(({ outcome }) => outcome)).toEqual(['input_required']);
  });

  it('runs the handler again in each round; the state brings the answers of the rounds before', async () => {
    const { call } = asking();
    const first = await call();
    const second = await call({ inputResponses: { step1: said('one') }, requestState: stateOf(first) });
    expect(resultOf(second)['inputRequests']).toMatchObject({ step2: { params: { message: 'After one' } } });
    const third = await call({ inputResponses: { step2: said('two') }, requestState: stateOf(second) });
    expect(resultOf(third)).toMatchObject({ resultType: 'complete', content: [{ text: 'one two' }] });
  });

  it('is asked again when its answer is missing; answers that nobody asked for change nothing', async () => {
    const { call } = asking();
    const again = await call({ inputResponses: { other: said('x') }, requestState: stateOf(await call()) });
    expect(Object.keys(resultOf(again)['inputRequests'] as object)).toEqual(['step1']);
    const then = await call({ inputResponses: { step1: said('1'), step2: said('2') }, requestState: stateOf(again) });
    expect(resultOf(then)['content']).toMatchObject([{ text: '1 2' }]);
  });

  it('may have a name that every object inherits', async () => {
    const { call } = asking(async (_args, context) => (await context.elicit('constructor', FORM)).action);
    expect(Object.keys(resultOf(await call({ inputResponses: {} }))['inputRequests'] as object)).toEqual([
      'constructor',
    ]);
  });

  it('takes answers without a state too: they are only answers', async () => {
    const { call } = asking();
    const sent = await call({ inputResponses: { step1: said('a'), step2: said('b') } });
    expect(resultOf(sent)['content']).toMatchObject([{ text: 'a b' }]);
  });

  it('several at once come in one round', async () => {
    const { call } = asking(async (_args, context) => {
      const answers = await context.ask({
        word: { method: 'elicitation/create', params: { mode: 'form', ...FORM } },
        roots: { method: 'roots/list' },
      });
      return `${String(answers.word.content?.['word'])} ${String(answers.roots.roots.length)}`;
    });
    const asked = await call();
    expect(Object.keys(resultOf(asked)['inputRequests'] as object)).toEqual(['word', 'roots']);
    const half = await call({ inputResponses: { roots: { roots: [] } }, requestState: stateOf(asked) });
    expect(Object.keys(resultOf(half)['inputRequests'] as object)).toEqual(['word']);
    const done = await call({ inputResponses: { word: said('w') }, requestState: stateOf(half) });
    expect(resultOf(done)['content']).toMatchObject([{ text: 'w 0' }]);
  });

  it('needs the capability: -32021 says which, and nothing was asked', async () => {
    const { call } = asking();
    const { reply } = await call({}, { capabilities: { sampling: {} } });
    expect(reply.answer?.error).toMatchObject({ code: -32021, data: { requiredCapabilities: { elicitation: {} } } });
  });

  it('keeps its result out of caches, because answers are no part of their key', async () => {
    const node = new TestNode();
    node.registry.resource({
      uri: 'test://asks',
      name: 'asks',
      description: 'Asks.',
      cache: { ttlMs: 1_000, scope: 'public' },
      handler: async (_uri, context) => String((await context.elicit('q', FORM)).content?.['word']),
    });
    const { reply } = node.stateless(
      'resources/read',
      { uri: 'test://asks', inputResponses: { q: said('x') } },
      CAPABLE,
    );
    await node.clock.advance(0);
    expect(reply.answer?.result).toMatchObject({ ttlMs: 0, cacheScope: 'private', contents: [{ text: 'x' }] });
  });
});

it('a question of a call that cannot be sealed is an internal error, and no unhandled rejection', async () => {
  const node = new TestNode();
  const ask = async (_uri: string, context: ExchangeContext): Promise<string> =>
    (await context.elicit('q', FORM)).action;
  node.registry.resource({ uri: 'test://asks', name: 'asks', description: 'Asks.', handler: ask });
  const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown;
  const { reply } = node.stateless('resources/read', { uri: 'test://asks', arguments: deep }, CAPABLE);
  await node.clock.advance(0);
  expect(reply.answer?.error?.code).toBe(-32603);
  expect(node.ended).toMatchObject([{ outcome: '-32603' }]);
});

describe('refused', () => {
  it.each([
    ['an answer that its schema does not allow', { inputResponses: { step1: { action: 'maybe' } } }, 'step1.action'],
    ['answers that are no object', { inputResponses: [said('x')] }, 'inputResponses'],
    ['a state that is no text', { requestState: 7 }, 'requestState'],
    ['a state that nobody sealed', { requestState: 'AAAA' }, 'requestState: not one that this server made'],
  ])('%s', async (_what, params, message) => {
    const { call } = asking();
    expect(refusal(await call(params))).toContain(message);
  });

  it('a state that was altered, whichever of its characters', async () => {
    const { call } = asking();
    const state = stateOf(await call());
    for (const at of [0, Math.floor(state.length / 2), state.length - 1]) {
      const altered = state.slice(0, at) + (state[at] === 'A' ? 'B' : 'A') + state.slice(at + 1);
      expect(refusal(await call({ requestState: altered }))).toContain('not one that this server made');
    }
  });

  it('a state of other arguments, but not of the same in another order', async () => {
    const { call } = asking();
    const answers = { inputResponses: { step1: said('1'), step2: said('2') } };
    const other = await call({ ...answers, requestState: stateOf(await call()), arguments: { a: 1, b: 3 } });
    expect(refusal(other)).toContain('made for another request');
    const same = await call({ ...answers, requestState: stateOf(await call()), arguments: { b: 2, a: 1 } });
    expect(resultOf(same)['content']).toMatchObject([{ text: '1 2' }]);
  });

  it('a state of somebody else', async () => {
    const { call } = asking();
    const as = (subject: string): StatelessOptions & { principal: Principal } => ({
      ...CAPABLE,
      principal: { issuer: 'https://idp', subject },
    });
    const requestState = stateOf(await call({}, as('ada')));
    expect(refusal(await call({ requestState }, as('eve')))).toContain('made for another request');
    expect(resultOf(await call({ requestState }, as('ada')))['resultType']).toBe('input_required');
  });

  it('a state that was used, unless its call was cancelled before the answer', async () => {
    const { call } = asking();
    const requestState = stateOf(await call());
    await call({ requestState });
    expect(refusal(await call({ requestState }))).toContain('used already');

    const { node, call: wait } = asking(async (_args, context) => {
      await context.elicit('step1', FORM);
      return new Promise(() => undefined);
    });
    const state = stateOf(await wait());
    const round = { requestState: state, inputResponses: { step1: said('x') } };
    const running = await wait(round);
    expect(refusal(await wait(round))).toContain('used already');
    running.exchange.disconnected();
    expect((await wait(round)).exchange.isOpen).toBe(true);
    expect(node.dispatcher.inFlight).toBe(1);
  });

  it('a state older than 10 min', async () => {
    const { node, call } = asking();
    const requestState = stateOf(await call());
    await node.clock.advance(600_000);
    expect(refusal(await call({ requestState }))).toContain('expired');
  });
});

it('a state of one node opens on another of the cluster', async () => {
  const bus = new LocalBus();
  const nodes = [new TestNode({ bus, nodeId: 'a' }), new TestNode({ bus, nodeId: 'b', seed: 2 })];
  for (const node of nodes) node.registry.tool(testTool('ask', twice));
  const params = { name: 'ask', arguments: {} };
  const first = nodes[0]!.stateless('tools/call', params, CAPABLE);
  await nodes[0]!.clock.advance(0);
  const answers = { step1: said('x'), step2: said('y') };
  const second = nodes[1]!.stateless(
    'tools/call',
    { ...params, inputResponses: answers, requestState: stateOf(first) },
    CAPABLE,
  );
  await nodes[1]!.clock.advance(0);
  expect(resultOf(second)['content']).toMatchObject([{ text: 'x y' }]);
});
