import type { CacheQuery } from '@mcp-cluster/protocol';
import { CacheWorld, HeldLoad, queryOf, type WorldNode } from '@mcp-cluster/testkit/cache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CacheStack } from './cache-stack.js';

const HOUR_MS = 3_600_000;

describe('CacheStack: clocks that are wrong, and a shared level that orders nothing', () => {
  let world: CacheWorld;
  let work: HeldLoad;
  let query: CacheQuery<unknown>;
  beforeEach(() => {
    world = new CacheWorld();
    work = new HeldLoad();
    query = queryOf(work.load, { tags: ['red'], policy: { ttlMs: HOUR_MS } });
  });
  afterEach(() => {
    expect(world.failures).toEqual([]);
  });

  const red = (): readonly string[] => [query.key.tags[2]!];
  /** A node whose wall clock is ahead. */
  const ahead = (ms: number, name = 'ahead'): WorldNode => {
    const node = world.node(name);
    const clock = Object.create(world.clock, { now: { value: () => world.clock.now() + ms } }) as WorldNode['clock'];
    return { ...node, clock };
  };
  const keep = async (stack: CacheStack, value: unknown, asked = query): Promise<void> => {
    const { entry } = stack.board(asked, {});
    await world.settle();
    work.last.land(value);
    await entry;
    await world.settle();
  };

  it('experiment 23: without a shared level each invalidation counts from when it is heard, whatever the other’s clock says', async () => {
    const node = ahead(HOUR_MS);
    const early = new CacheStack({ ...node, shared: undefined, disk: undefined });
    const other = new CacheStack({ ...world.node('b'), shared: undefined, disk: undefined });
    for (const value of ['first', 'second']) {
      await keep(early, value);
      expect(early.peek(query)?.value).toBe(value);
      await other.invalidate(red());
      await world.settle();
      expect(early.peek(query)).toBeUndefined();
    }
    // One's own word, which the bus brings back, does not outdate what is loaded since.
    await early.invalidate(red());
    await keep(early, 'third');
    expect(early.peek(query)?.value).toBe('third');
    expect([node.observer.count('invalidated own'), node.observer.count('invalidated heard')]).toEqual([1, 2]);
  });

  it('experiment 23: the same while the shared level is away', async () => {
    const early = new CacheStack(ahead(HOUR_MS));
    world.shared.available = false;
    await early.invalidate(['unrelated']);
    await keep(early, 'old');
    // Of a node that has not heard of the first one.
    const version = 1_000 * world.clock.now();
    world.node('b').bus.publish({ type: 'cache-invalidated', tags: red(), version });
    await world.settle();
    expect(early.peek(query)).toBeUndefined();
  });

  it('experiment 23: what a node loaded before the shared level’s first word is invalidated by it, also if its clock is ahead', async () => {
    world.shared.available = false;
    const early = new CacheStack(ahead(HOUR_MS));
    await keep(early, 'old');
    expect(early.peek(query)?.value).toBe('old');
    world.shared.available = true;
    await new CacheStack(world.node('b')).invalidate(red());
    await world.settle();
    expect(early.peek(query)).toBeUndefined();
  });

  it('after a resync without the shared level what is loaded is kept again, in this process and on the disk', async () => {
    const node = world.node('a');
    const stack = new CacheStack(node);
    await keep(stack, 'before');
    world.shared.available = false;
    node.bus.publish({ type: 'resync' });
    await world.settle();
    expect(stack.peek(query)).toBeUndefined();
    node.observer.take();
    await keep(stack, 'after');
    expect(stack.peek(query)?.value).toBe('after');
    expect(node.observer.count('wrote l1 refused')).toBe(0);
  });

  it('the same where the shared level was never heard of', async () => {
    world.shared.available = false;
    const node = world.node('a');
    const stack = new CacheStack(node);
    node.bus.publish({ type: 'resync' });
    await world.settle();
    await keep(stack, 'after');
    expect(stack.peek(query)?.value).toBe('after');
  });
});

describe('CacheStack: anew, on several nodes', () => {
  it('replaces what other nodes keep, in their first level too', async () => {
    const world = new CacheWorld();
    const stacks = ['a', 'b', 'c'].map((name) => new CacheStack(world.node(name)));
    const work = new HeldLoad();
    const query = queryOf(work.load, { policy: { ttlMs: HOUR_MS } });
    const first = stacks[0]!.board(query, {});
    await world.settle();
    work.last.land('old');
    await first.entry;
    await world.settle();
    for (const stack of stacks) expect((await stack.board(query, {}).entry).value).toBe('old');

    const anew = [stacks[1]!.reload(query, {}), stacks[1]!.reload(query, {})];
    await world.settle();
    expect(stacks.map((stack) => stack.peek(query))).toEqual([undefined, undefined, undefined]);
    expect(work.runs).toHaveLength(2);
    work.last.land('new');
    for (const { entry } of anew) expect((await entry).value).toBe('new');
    await world.settle();
    for (const stack of stacks) expect((await stack.board(query, {}).entry).value).toBe('new');
    expect(work.runs).toHaveLength(2);
    expect(world.failures).toEqual([]);
  });

  it('does so also where the shared level is away: it and the disk are not asked for what was there before', async () => {
    const world = new CacheWorld();
    const stacks = ['a', 'b'].map((name) => new CacheStack(world.node(name)));
    const work = new HeldLoad();
    const query = queryOf(work.load, { policy: { ttlMs: HOUR_MS } });
    const first = stacks[0]!.board(query, {});
    await world.settle();
    work.last.land('old');
    await first.entry;
    await world.settle();
    await stacks[1]!.board(query, {}).entry;
    world.shared.available = false;
    const anew = stacks[0]!.reload(query, {});
    await world.settle();
    work.last.land('new');
    await anew.entry;
    expect([stacks[0]!.peek(query)?.value, stacks[1]!.peek(query)]).toEqual(['new', undefined]);
    world.shared.available = true;
    await world.elapse(1_000);
    expect(await world.shared.get(query.key.id)).toBeUndefined();
  });
});
