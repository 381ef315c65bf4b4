import { PlainCache, TestNode } from '@mcp-cluster/testkit/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import { WireError } from '../wire/errors.js';
import { beforeEach, describe, expect, it } from 'vitest';

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

describe('a cached resource', () => {
  function resource(): void {
    node.registry.resourceTemplate({
      uriTemplate: 'thing://{id}',
      name: 'thing',
      description: 'A thing.',
      cache: { ttlMs: 1_000, scope: 'public' },
      handler: ({ id }) => {
        runs += 1;
        return `${String(id)} ${String(runs)}`;
      },
    });
  }

  async function read(uri: string) {
    const { reply } = node.stateless('resources/read', { uri });
    await clock.advance(0);
    return reply.answer?.result as { contents: { text: string }[]; ttlMs: number; cacheScope: string };
  }

  it('P06: is read once, and its client is told what is left of its time', async () => {
    resource();
    expect(await read('thing://a')).toMatchObject({ ttlMs: 1_000, cacheScope: 'public' });
    await clock.advance(400);
    expect(await read('thing://a')).toMatchObject({ contents: [{ text: 'a 1' }], ttlMs: 600, cacheScope: 'public' });
    expect(await read('thing://b')).toMatchObject({ contents: [{ text: 'b 2' }], ttlMs: 1_000 });
  });

  it('S7: two URIs are never one, also where they are no Unicode', async () => {
    resource();
    expect(await read('thing://\ud800')).toMatchObject({
      contents: [{ text: expect.stringMatching(/ 1$/) as string }],
    });
    expect(await read('thing://\ud801')).toMatchObject({
      contents: [{ text: expect.stringMatching(/ 2$/) as string }],
    });
  });

  it('S7: is not kept when its handler says that this one is private, or old at once', async () => {
    const says = [{ cacheScope: 'private' }, { ttlMs: 0 }, { ttlMs: 5, cacheScope: 'public' }] as const;
    for (const [at, said] of says.entries()) {
      node.registry.resource({
        uri: `thing://said/${String(at)}`,
        name: `said-${String(at)}`,
        description: 'S.',
        cache: { ttlMs: 1_000, scope: 'public' },
        handler: (uri) => ({ contents: [{ uri, text: String((runs += 1)) }], ...said }),
      });
      const first = runs;
      await read(`thing://said/${String(at)}`);
      const hint = at === 2 ? { ttlMs: 1_000, cacheScope: 'public' } : { ttlMs: 0, cacheScope: 'private' };
      expect(await read(`thing://said/${String(at)}`)).toMatchObject(hint);
      expect(runs - first).toBe(at === 2 ? 1 : 2);
    }
  });

  it.each(['stateless', 'session'] as const)(
    'a read that fails says so by the code of its own era: begun by %s',
    async (era) => {
      node.registry.resourceTemplate({
        uriTemplate: 'gone://{id}',
        name: 'gone',
        description: 'G.',
        cache: { ttlMs: 1_000, scope: 'public' },
        handler: async (_variables, context, uri) => {
          await Promise.resolve();
          throw new WireError(context.era === 'stateless' ? -32_602 : -32_002, 'gone', { uri });
        },
      });
      const send = {
        stateless: () => node.stateless('resources/read', { uri: 'gone://1' }).reply,
        session: () => node.inSession(node.session(), 'resources/read', { uri: 'gone://1' }).reply,
      };
      const first = send[era]();
      const second = send[era === 'stateless' ? 'session' : 'stateless']();
      await clock.advance(0);
      expect(cache.loads).toBe(1);
      const [stateless, session] = era === 'stateless' ? [first, second] : [second, first];
      expect([stateless.answer?.error?.code, session.answer?.error?.code]).toEqual([-32_602, -32_002]);
    },
  );

  it('P06: is kept for an hour where its author does not say for how long', async () => {
    node.registry.resource({
      uri: 'thing://default',
      name: 'default',
      description: 'D.',
      cache: { scope: 'public' },
      handler: () => String((runs += 1)),
    });
    expect(await read('thing://default')).toMatchObject({ ttlMs: 3_600_000, cacheScope: 'public' });
    await clock.advance(3_599_999);
    expect(await read('thing://default')).toMatchObject({ contents: [{ text: '1' }], ttlMs: 1 });
    await clock.advance(1);
    expect(await read('thing://default')).toMatchObject({ contents: [{ text: '2' }] });
  });

  it('is forgotten before anybody hears that it changed', async () => {
    resource();
    await read('thing://a');
    await read('thing://b');
    const { exchange } = node.stateless('resources/read', { uri: 'thing://c' });
    await clock.advance(0);
    let seen: number | undefined;
    node.bus.subscribe((event) => {
      if (event.type === 'resource-updated') seen = cache.size;
    });
    exchange.resourceUpdated('thing://a');
    await clock.advance(0);
    expect(seen).toBe(2);
    expect(await read('thing://b')).toMatchObject({ contents: [{ text: 'b 2' }] });
    expect(await read('thing://a')).toMatchObject({ contents: [{ text: 'a 4' }] });
  });

  it('is forgotten also when each node sees the change by itself', async () => {
    resource();
    await read('thing://a');
    node.dispatcher.announcer.resourceUpdated('thing://a');
    await clock.advance(0);
    expect(await read('thing://a')).toMatchObject({ contents: [{ text: 'a 2' }] });
  });
});
