import { PlainCache, TestNode, testTool, type StatelessOptions } from '@mcp-cluster/testkit/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ExchangeContext } from '../exchange/context.js';
import type { ToolDefinition } from '../registry/definitions.js';
import { CancelledError, WireError } from '../wire/errors.js';
import { NO_CACHE_META_KEY } from './cache-meta.js';

const READ_ONLY = { annotations: { readOnlyHint: true } } as const;
const PUBLIC = { ...READ_ONLY, cache: { scope: 'public', ttlMs: 1_000 } } as const;
const PRIVATE = { ...READ_ONLY, cache: { scope: 'private', ttlMs: 1_000 } } as const;
const ADA = { issuer: 'https://id.example', subject: 'ada' };
const BOB = { issuer: 'https://id.example', subject: 'bob' };

/** A handler whose calls end when the test says so. */
class Held {
  readonly contexts: ExchangeContext[] = [];
  private readonly open: { resolve: (text: string) => void; reject: (error: Error) => void }[] = [];

  readonly handler = (_args: unknown, context: ExchangeContext): Promise<string> => {
    this.contexts.push(context);
    return new Promise((resolve, reject) => {
      this.open.push({ resolve, reject });
      context.signal.addEventListener('abort', () => {
        reject(new CancelledError('stopped'));
      });
    });
  };

  end(text: string): void {
    this.open.shift()?.resolve(text);
  }

  fail(error: Error): void {
    this.open.shift()?.reject(error);
  }
}

let clock: VirtualClock;
let cache: PlainCache;
let node: TestNode;
let runs: number;

beforeEach(() => {
  clock = new VirtualClock();
  cache = new PlainCache(clock);
  node = new TestNode({ clock, cache });
  runs = 0;
});

function counted(name: string, more: Partial<ToolDefinition>, result: () => string = () => String(runs)): void {
  node.registry.tool(
    testTool(
      name,
      () => {
        runs += 1;
        return result();
      },
      more,
    ),
  );
}

function held(more: Partial<ToolDefinition> = PUBLIC): Held {
  const made = new Held();
  node.registry.tool(testTool('held', made.handler, more));
  return made;
}

async function call(name: string, args: object = {}, options: StatelessOptions = {}, more: object = {}) {
  const { reply } = node.stateless('tools/call', { name, arguments: args, ...more }, options);
  await clock.advance(0);
  return reply.answer?.result ?? reply.answer?.error;
}

const text = (result: unknown): unknown => (result as { content: { text: string }[] }).content[0]?.text;

describe('a cached tool', () => {
  it('P06: an equal call is answered without running it, in both eras, for as long as it is fresh', async () => {
    counted('now', PUBLIC);
    expect(text(await call('now', { a: 1, b: [2] }))).toBe('1');
    expect(text(await call('now', { b: [2], a: 1 }))).toBe('1');
    const { reply } = node.inSession(node.session(), 'tools/call', { name: 'now', arguments: { a: 1, b: [2] } });
    expect(text(reply.answer?.result)).toBe('1');
    expect(text(await call('now', { a: 2, b: [2] }))).toBe('2');
    await clock.advance(1_000);
    expect(text(await call('now', { a: 1, b: [2] }))).toBe('3');
  });

  it('answers a fresh hit before anything else happens', async () => {
    counted('now', PUBLIC);
    await call('now');
    const { reply } = node.stateless('tools/call', { name: 'now' });
    expect(reply.answer?.result).toMatchObject({ resultType: 'complete' });
  });

  it('S7: a private result is one principal’s, a public one everybody’s', async () => {
    counted('mine', PRIVATE);
    counted('ours', PUBLIC);
    expect(text(await call('mine', {}, { principal: ADA }))).toBe('1');
    expect(text(await call('mine', {}, { principal: BOB }))).toBe('2');
    expect(text(await call('mine', {}, { principal: ADA }))).toBe('1');
    expect(text(await call('ours', {}, { principal: ADA }))).toBe('3');
    expect(text(await call('ours', {}, { principal: BOB }))).toBe('3');
  });

  it('S7: a private result of nobody known is not kept: it would be everybody’s who has not said who he is', async () => {
    counted('mine', PRIVATE);
    expect(text(await call('mine'))).toBe('1');
    expect(text(await call('mine'))).toBe('2');
    expect(cache.asked).toEqual([]);
  });

  it('S7: a handler of a public result is not told who asks, nor what his client is', async () => {
    const tool = held();
    void call('held', {}, { principal: ADA, capabilities: { elicitation: {} } });
    await clock.advance(0);
    expect(tool.contexts[0]).toMatchObject({ principal: { issuer: '' }, client: { capabilities: {} } });
  });

  it('S7: a handler of a private result is told whose it is', async () => {
    const tool = held(PRIVATE);
    void call('held', {}, { principal: ADA, capabilities: { elicitation: {} } });
    await clock.advance(0);
    expect(tool.contexts[0]).toMatchObject({ principal: ADA, client: { capabilities: {} } });
  });

  it('18: calls that come while it runs wait for it, and all hear its progress', async () => {
    const tool = held();
    const sent = [1, 2, 3].map((progressToken) =>
      node.stateless('tools/call', { name: 'held', _meta: { progressToken } }),
    );
    await clock.advance(0);
    tool.contexts[0]?.progress(1, 2, 'half');
    tool.end('done');
    await clock.advance(0);
    expect(sent.map(({ reply }) => text(reply.answer?.result))).toEqual(['done', 'done', 'done']);
    expect(sent.map(({ reply }) => reply.params('notifications/progress'))).toEqual(
      [1, 2, 3].map((progressToken) => [{ progressToken, progress: 1, total: 2, message: 'half' }]),
    );
    expect(tool.contexts).toHaveLength(1);
  });

  it('S16: a caller that goes away stops it for nobody else; the last one does', async () => {
    const tool = held();
    const [first, second] = [
      node.stateless('tools/call', { name: 'held' }),
      node.stateless('tools/call', { name: 'held' }),
    ];
    await clock.advance(0);
    first.exchange.cancel('gone');
    expect(tool.contexts[0]?.signal.aborted).toBe(false);
    second.exchange.cancel('gone');
    expect(tool.contexts[0]?.signal.aborted).toBe(true);
    await clock.advance(0);
    expect([first.reply.abandoned, second.reply.abandoned, node.failures]).toEqual([true, true, []]);
  });

  it.each<[string, () => string]>([
    ['a tool error', () => { throw new Error('no luck'); }],
    ['a JSON-RPC error', () => { throw new WireError(-32000, 'no luck'); }],
  ])('an answer that says %s is not kept', async (_what, result) => {
    counted('fails', PUBLIC, result);
    await call('fails');
    await call('fails');
    expect([runs, cache.size]).toEqual([2, 0]);
  }); // prettier-ignore

  it('a result that says isError goes to all who wait, and is not kept', async () => {
    node.registry.tool(testTool('bad', () => ({ content: [], isError: true }), PUBLIC));
    expect(await call('bad')).toMatchObject({ isError: true });
    expect(node.ended.map(({ outcome }) => outcome)).toEqual(['tool_error']);
    expect(cache.size).toBe(0);
  });

  it('a call that fails while others wait for it fails for all of them, and runs once', async () => {
    const tool = held();
    const sent = [1, 2, 3].map(() => node.stateless('tools/call', { name: 'held' }));
    await clock.advance(0);
    tool.fail(new Error('no luck'));
    await clock.advance(0);
    expect(sent.map(({ reply }) => text(reply.answer?.result))).toEqual(['no luck', 'no luck', 'no luck']);
    expect(tool.contexts).toHaveLength(1);
  });

  it('keeps a `_meta` of its own, in both eras', async () => {
    node.registry.tool(testTool('noted', () => ({ content: [], _meta: { note: 1 } }), PUBLIC));
    await call('noted');
    const again = await call('noted');
    expect(again).toMatchObject({ content: [], resultType: 'complete', _meta: { note: 1 } });
    expect(Object.keys((again as { _meta: object })._meta)).toHaveLength(2);
    const { reply } = node.inSession(node.session(), 'tools/call', { name: 'noted' });
    expect(reply.answer?.result).toEqual({ content: [], _meta: { note: 1 } });
  });

  it('is run anew for a client that says so, and what comes is kept', async () => {
    counted('now', PUBLIC);
    await call('now');
    expect(text(await call('now', {}, {}, { _meta: { [NO_CACHE_META_KEY]: true } }))).toBe('2');
    expect(text(await call('now'))).toBe('2');
  });

  it('keeps by what its author says matters, and not at all where he says nothing does', async () => {
    const key = (args: Record<string, unknown>): unknown => args['seed'];
    counted('seeded', { ...READ_ONLY, cache: { scope: 'public', key: key } });
    expect(text(await call('seeded', { seed: 7, verbose: true }))).toBe('1');
    expect(text(await call('seeded', { seed: 7 }))).toBe('1');
    expect(text(await call('seeded', {}))).toBe('2');
    expect(text(await call('seeded', {}))).toBe('3');
  });

  it('is forgotten by a tag that another tool names', async () => {
    counted('list', { ...READ_ONLY, cache: { scope: 'public', tags: ['things'] } });
    node.registry.tool(
      testTool('add', async (_args, context) => {
        await context.forget(['things']);
        return 'added';
      }),
    );
    await call('list');
    await call('add');
    expect(text(await call('list'))).toBe('2');
  });

  it('tools/list says for how long and for whom', async () => {
    counted('ours', PUBLIC);
    const { reply } = node.stateless('tools/list');
    await clock.advance(0);
    expect(reply.answer?.result?.['tools']).toMatchObject([
      { name: 'ours', _meta: { 'mcp-cluster/cache': { ttlMs: 1_000, scope: 'public' } } },
    ]);
  });
});

describe('a cached tool that asks its user all the same', () => {
  const FORM = { message: 'Which?', requestedSchema: { type: 'object', properties: {} } } as const;

  function asking(): void {
    node.registry.tool(
      testTool(
        'asks',
        async (_args, context) => {
          runs += 1;
          const answer = await context.elicit('which', FORM).catch((thrown: unknown) => {
            if (context.client.capabilities.elicitation === undefined) return { action: 'swallowed' };
            throw thrown;
          });
          return `${answer.action} ${String(runs)}`;
        },
        PUBLIC,
      ),
    );
  }

  it('S7: asks each caller for himself, and nothing of it is kept', async () => {
    asking();
    const capabilities = { elicitation: {} };
    const sent = [1, 2].map(() => node.stateless('tools/call', { name: 'asks' }, { capabilities }));
    await clock.advance(0);
    expect(sent.map(({ reply }) => reply.answer?.result?.['resultType'])).toEqual(['input_required', 'input_required']);
    expect(cache.size).toBe(0);
    // It is known now: the next call does not try to share.
    const asked = cache.asked.length;
    await call('asks', {}, { capabilities });
    expect(cache.asked).toHaveLength(asked);
  });

  it('S7: a call that brings answers is neither answered from the cache nor kept', async () => {
    counted('now', PUBLIC);
    await call('now');
    const more = { inputResponses: { which: { action: 'accept', content: {} } } };
    expect(text(await call('now', {}, {}, more))).toBe('2');
    expect(text(await call('now'))).toBe('1');
  });
});

describe('a cache that is declared wrongly', () => {
  it.each<[string, Partial<ToolDefinition>]>([
    ['readOnlyHint', { cache: { scope: 'public' } }],
    ['asks its client', { ...READ_ONLY, requires: ['sampling'], cache: { scope: 'public' } }],
    ['task', { ...READ_ONLY, taskRequired: true, cache: { scope: 'public' } }],
    ['cache.scope', { ...READ_ONLY, cache: { scope: 'all' as never } }],
    ['cache.ttlMs', { ...READ_ONLY, cache: { scope: 'public', ttlMs: -1 } }],
    ['cache.staleIfErrorMs', { ...READ_ONLY, cache: { scope: 'public', staleIfErrorMs: 0.5 } }],
    ['cache.tags', { ...READ_ONLY, cache: { scope: 'public', tags: [''] } }],
  ])('is refused at the start: %s', (part, more) => {
    expect(() => { node.registry.tool(testTool('wrong', () => '', more)); }).toThrow(part);
  }); // prettier-ignore
});
