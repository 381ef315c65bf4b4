import type { CacheQuery } from '@mcp-cluster/protocol';
import { CacheWorld, HeldLoad, plainCodec, queryOf, type WorldNode } from '@mcp-cluster/testkit/cache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CacheStack } from './cache-stack.js';

/** What happens between two steps of one look-up. */
describe('CacheStack: races', () => {
  let world: CacheWorld;
  let node: WorldNode;
  let stack: CacheStack;
  let work: HeldLoad;
  let query: CacheQuery<unknown>;
  beforeEach(() => {
    world = new CacheWorld();
    node = world.node('a');
    stack = new CacheStack(node);
    work = new HeldLoad();
    query = queryOf(work.load, { tags: ['red'], policy: { ttlMs: 3_600_000 } });
  });
  afterEach(() => {
    expect(world.failures).toEqual([]);
  });

  const red = (): readonly string[] => [query.key.tags[2]!];
  const keep = async (value: unknown, by = stack): Promise<void> => {
    const { entry } = by.board(query, {});
    await world.settle();
    work.last.land(value);
    await entry;
    await world.settle();
  };
  /** An entry of this key, as it lies in a level. */
  const stored = (born: number, ageMs = 0) => {
    const until = world.clock.now() + 3_600_000 - ageMs;
    const meta = { ...query.key, born, freshUntil: until, staleUntil: until, errorUntil: until };
    return [meta, plainCodec.encode(meta, 'stored')] as const;
  };

  it('what was invalidated between its finding and its use is not given out', async () => {
    await keep('old');
    const other = world.node('b');
    let begun = false;
    const second = new CacheStack({
      ...other,
      observer: Object.assign(Object.create(other.observer) as typeof other.observer, {
        looked: (level: string, _type: string, result: string) => {
          if (level === 'l2' && result === 'hit' && !begun) void second.invalidate(red());
          begun ||= level === 'l2';
        },
      }),
    });
    const { entry } = second.board(query, {});
    await world.settle();
    expect(work.runs).toHaveLength(2);
    work.last.land('new');
    expect((await entry).value).toBe('new');
  });

  it('a claim from before an invalidation is changed for a new one: one load in the cluster, and it is kept', async () => {
    const other = new CacheStack(world.node('b'));
    node.disk.chaos.illness.delayMs = 50;
    const first = stack.board(query, {});
    await world.settle();
    await other.invalidate(red());
    const second = other.board(query, {});
    await world.elapse(300);
    expect(work.runs).toHaveLength(1);
    work.last.land('value');
    await world.elapse(60);
    expect([(await first.entry).value, (await second.entry).value]).toEqual(['value', 'value']);
    expect([stack.peek(query)?.value, other.peek(query)?.value, work.runs.length]).toEqual(['value', 'value', 1]);
  });

  it('a shared level that went away while the load ran does not leave the claim behind', async () => {
    const { entry } = stack.board(query, {});
    await world.settle();
    world.shared.available = false;
    work.last.land('value');
    await entry;
    await world.settle();
    world.shared.available = true;
    const other = new CacheStack(world.node('b'));
    other.board(query, {});
    await world.settle();
    expect(work.runs).toHaveLength(2);
    expect(node.observer.count('wrote l2 skipped')).toBe(1);
  });

  it('S7: does not rely on its codec to tell whose an entry is', async () => {
    const { decode } = plainCodec;
    const blind = { ...plainCodec, decode: (bytes: Uint8Array) => decode(bytes, plainCodec.readMeta(bytes)) };
    stack = new CacheStack({ ...node, codec: blind });
    const [meta] = stored(1);
    await world.shared.set(meta, plainCodec.encode({ ...meta, owner: 'somebody else' }, 'his secret'));
    await node.disk.set(meta, plainCodec.encode({ ...meta, id: 'another key' }, 'another answer'));
    const { entry } = stack.board(query, {});
    await world.settle();
    work.last.land('value');
    expect((await entry).value).toBe('value');
    expect(node.observer.take()).toMatchObject({ 'l2 foreign': 1, 'l3 foreign': 1 });
  });

  it('a disk of an earlier life: the shared level’s word on the key is enough', async () => {
    await keep('old');
    await world.shared.invalidate(red(), 0);
    const born = world.node('a');
    const again = new CacheStack(born);
    await keep('new', again);
    expect(work.runs).toHaveLength(2);
    expect(born.observer.take()).toMatchObject({ 'l2 miss': 1, 'l3 miss': 1 });
  });

  it('experiment 23: what a disk has from the future was written by a clock that was wrong', async () => {
    await node.disk.set(...stored(1_000 * world.clock.now() + 60_000_000));
    await keep('value');
    expect(node.observer.count('l3 miss')).toBe(1);
  });

  it('what is loaded anew replaces an entry of the shared level whose version is ahead', async () => {
    await world.shared.set(...stored(1_000 * world.clock.now() + 60_000_000));
    const found = stack.board(query, {});
    expect((await found.entry).value).toBe('stored');
    const { entry } = stack.reload(query, {});
    await world.settle();
    work.last.land('anew');
    await entry;
    await world.settle();
    expect(plainCodec.decode((await world.shared.get(query.key.id))!, query.key).value).toBe('anew');
  });

  it('what one node’s policy keeps for longer another one serves for as long as its own allows', async () => {
    await keep('value');
    const other = new CacheStack(world.node('b'));
    const brief = { ...query, policy: { ...query.policy, ttlMs: 1_000 } };
    expect((await other.board(brief, {}).entry).freshUntil).toBe(world.clock.now() + 1_000);
    await world.elapse(1_000);
    expect(other.peek(brief)).toBeUndefined();
  });
});
