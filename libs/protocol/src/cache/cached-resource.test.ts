import { PlainCache, TestNode } from '@mcp-cluster/testkit/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
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
