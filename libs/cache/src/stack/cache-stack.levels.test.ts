import {
  CacheWorld,
  HeldLoad,
  plainCodec,
  queryOf,
  type QueryWishes,
  type WorldNode,
} from '@mcp-cluster/testkit/cache';
import type { CacheQuery } from '@mcp-cluster/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CacheStack } from './cache-stack.js';

const HOUR_MS = 3_600_000;

describe('CacheStack: three levels', () => {
  let world: CacheWorld;
  let node: WorldNode;
  let stack: CacheStack;
  let work: HeldLoad;
  beforeEach(() => {
    world = new CacheWorld();
    node = world.node('a');
    stack = new CacheStack(node);
    work = new HeldLoad();
  });
  afterEach(() => {
    expect(world.failures).toEqual([]);
  });

  const query = (wishes: QueryWishes = {}): CacheQuery<unknown> =>
    queryOf(work.load, { policy: { ttlMs: HOUR_MS }, ...wishes });

  /** What a caller gets, and where from: `loaded` when a load had to run for it. */
  const ask = async (asked: CacheQuery<unknown>, of = stack, value: unknown = 'loaded'): Promise<unknown> => {
    const before = work.runs.length;
    const { entry } = of.board(asked, {});
    await world.elapse(110);
    if (work.runs.length > before) work.last.land(value);
    const got = (await entry).value;
    await world.elapse(5);
    return got;
  };

  /** Another life of the node: its memory is gone. */
  const restart = (): void => {
    node = world.node('a');
    stack = new CacheStack(node);
  };

  it('P06: what is loaded is in all three levels, tool results and tokens not on the disk', async () => {
    for (const type of ['resource', 'tool_result', 'auth_token', 'computed_result'] as const) {
      const { key } = query({ type });
      await ask(query({ type }));
      const onDisk = type === 'resource' || type === 'computed_result';
      expect([
        stack.has(key.id),
        (await world.shared.get(key.id)) !== undefined,
        (await node.disk.get(key.id)) !== undefined,
      ]).toEqual([true, true, onDisk]);
    }
    expect(node.observer.take()).toMatchObject({
      'wrote l1 ok': 4,
      'wrote l2 ok': 4,
      'wrote l3 ok': 2,
      'l2 miss': 4,
      'l3 miss': 2,
    });
  });

  it('P06: a hit of the second level is promoted to the first', async () => {
    await ask(query(), stack, 'value');
    const other = world.node('b');
    const second = new CacheStack({ ...other, disk: undefined });
    expect(second.peek(query())).toBeUndefined();
    expect(await ask(query(), second)).toBe('value');
    expect(second.peek(query())?.value).toBe('value');
    expect(other.observer.take()).toEqual({ 'l1 miss': 1, 'l2 hit': 1, 'wrote l1 ok': 1, 'l1 hit': 1 });
    expect(work.runs).toHaveLength(1);
  });

  it('P06: a hit of the third level is promoted to the second and the first', async () => {
    const { key } = query();
    await ask(query(), stack, 'value');
    await world.shared.delete(key.id);
    restart();
    expect(await ask(query())).toBe('value');
    expect([stack.peek(query())?.value, (await world.shared.get(key.id)) !== undefined]).toEqual(['value', true]);
    expect(node.observer.take()).toMatchObject({ 'l2 miss': 1, 'l3 hit': 1, 'wrote l2 ok': 1 });
  });

  it('P06: caps: an hour in the second level, a day on the disk, whatever its time to live', async () => {
    const long = query({ policy: { ttlMs: 100 * HOUR_MS } });
    await ask(long, stack, 'value');
    await world.elapse(HOUR_MS);
    expect([await world.shared.get(long.key.id), (await node.disk.get(long.key.id)) !== undefined]).toEqual([
      undefined,
      true,
    ]);
    restart();
    expect(await ask(long)).toBe('value');
    await world.elapse(23 * HOUR_MS);
    expect(await ask(long)).toBe('loaded');
  });

  it('P06: an entry of 1,000,000 bytes or more is not for the second level', async () => {
    const large = query();
    await ask(large, stack, 'x'.repeat(999_000));
    expect(await world.shared.get(large.key.id)).toBeDefined();
    const larger = query({ args: 2 });
    await ask(larger, stack, 'x'.repeat(1_000_000));
    expect(await world.shared.get(larger.key.id)).toBeUndefined();
    expect(await node.disk.get(larger.key.id)).toBeDefined();
    expect(node.observer.count('wrote l2 refused')).toBe(1);
    // Its claim was given up: another node does not wait for it.
    const other = new CacheStack(world.node('b'));
    expect(await ask(larger, other)).toBe('loaded');
  });

  it('experiment 19: a damaged entry is a counted miss at either level, and is replaced', async () => {
    const { key } = query();
    await ask(query(), stack, 'value');
    restart();
    Object.assign(node.shared.chaos.illness, { corruption: 1 });
    Object.assign(node.disk.chaos.illness, { corruption: 1 });
    expect(await ask(query())).toBe('loaded');
    expect(node.observer.take()).toMatchObject({ 'l2 corrupt': 1, 'l3 corrupt': 1, 'loaded ok': 1 });
    const bytes = await world.shared.get(key.id);
    expect(plainCodec.decode(bytes!, key).value).toBe('loaded');
  });

  it('S7: an entry of another owner under this key is foreign, wherever it is', async () => {
    const { key } = query();
    const until = world.clock.now() + HOUR_MS;
    const times = { freshUntil: until, staleUntil: until, errorUntil: until };
    const alien = { ...key, ...times, owner: 'somebody else', scope: 'private' as const, born: 1 };
    const bytes = plainCodec.encode(alien, 'his secret');
    await world.shared.set({ ...alien, owner: '' }, bytes);
    await node.disk.set({ ...alien, owner: '' }, bytes);
    expect(await ask(query())).toBe('loaded');
    expect(node.observer.take()).toMatchObject({ 'l2 foreign': 1, 'l3 foreign': 1 });
    expect(await stack.admit(bytes)).toBe(false); // older than what is there
    stack.clear();
    await stack.admit(bytes);
    expect(stack.peek(query())).toBeUndefined();
  });

  it('P06: what an earlier life left on the disk is not served before it is known what was invalidated since', async () => {
    const asked = query({ type: 'resource', tags: ['tag'] });
    await ask(asked);
    const other = new CacheStack(world.node('b'));
    await other.invalidate(['tag']);
    restart();
    // A Redis that is away says nothing of the invalidation.
    world.shared.available = false;
    expect(await ask(asked, stack, 'anew')).toBe('anew');
    restart();
    world.shared.available = true;
    const unharmed = query({ type: 'resource', args: 'unharmed' });
    await ask(unharmed);
    await world.shared.delete(unharmed.key.id);
    restart();
    expect(await ask(unharmed, stack, 'anew')).toBe('loaded');
  });

  it('experiment 20: levels that fail are misses, and everybody is answered', async () => {
    await stack.catchUp();
    node.shared.chaos.illness.errors = 1;
    node.disk.chaos.illness.errors = 1;
    for (let n = 0; n < 20; n += 1) expect(await ask(query({ args: n }), stack, n)).toBe(n);
    expect(node.observer.take()).toMatchObject({ 'loaded ok': 20, 'l2 rests': 1, 'l3 rests': 1 });
    await stack.invalidate(['tag']);
  });

  it('experiment 7: a shared level that hangs costs a call 100 ms, then nothing', async () => {
    stack = new CacheStack({ ...node, disk: undefined });
    node.shared.chaos.illness.delayMs = 60_000;
    const waits: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const began = world.clock.now();
      const { entry } = stack.board(query({ args: n }), {});
      for (let ms = 0; work.runs.length === n; ms += 1) await world.elapse(1);
      waits.push(world.clock.now() - began);
      work.last.land(n);
      await entry;
    }
    expect(waits.slice(0, 2).every((ms) => ms >= 100 && ms <= 101)).toBe(true);
    expect(waits.slice(2).every((ms) => ms <= 1)).toBe(true);
    expect(stack.resting('l2')).toBe(true);
  });

  it('a claim that was granted too late is given back', async () => {
    node.shared.chaos.illness.delayMs = 150;
    const { entry } = stack.board(query({ type: 'tool_result' }), {});
    await world.elapse(110);
    work.last.land('value');
    await entry;
    node.shared.chaos.heal();
    await world.elapse(100);
    await world.shared.delete(query({ type: 'tool_result' }).key.id);
    const other = new CacheStack(world.node('b'));
    expect(await ask(query({ type: 'tool_result' }), other)).toBe('loaded');
  });

  it('P06: an old entry of a further level is served as it may be: behind it a load, or instead of one that fails', async () => {
    const stale = query({ policy: { ttlMs: 1_000, staleWhileRevalidateMs: 60_000 } });
    const rescue = query({ args: 2, policy: { ttlMs: 1_000, staleIfErrorMs: 60_000 } });
    await ask(stale, stack, 'old');
    await ask(rescue, stack, 'old');
    await world.elapse(2_000);
    const other = world.node('b');
    const second = new CacheStack(other);
    const { entry } = second.board(stale, {});
    expect((await entry).value).toBe('old');
    await world.settle();
    expect(work.runs).toHaveLength(3);
    work.last.land('new');
    await world.elapse(5);
    expect(second.peek(stale)?.value).toBe('new');
    // The first node finds what the second has loaded: it does not load it again.
    expect(stack.peek(stale)?.value).toBe('old');
    await world.elapse(5);
    expect([stack.peek(stale)?.value, work.runs.length]).toEqual(['new', 3]);

    const failing = second.board(rescue, {});
    await world.settle();
    work.last.crash(new Error('no'));
    expect((await failing.entry).value).toBe('old');
    expect(other.observer.take()).toMatchObject({ 'l2 stale': 1, rescued: 1 });
  });

  it('P06: writes behind the callers are bounded: beyond it they are skipped and counted', async () => {
    stack = new CacheStack({ ...node, writes: { pending: 3 } });
    const places = Array.from({ length: 10 }, (_, n) => stack.board(query({ args: n }), {}));
    await world.settle();
    Object.assign(node.shared.chaos.illness, { delayMs: 50 });
    for (const run of work.runs) run.land('value');
    for (const { entry } of places) await entry;
    await world.elapse(200);
    expect(node.observer.take()).toMatchObject({
      'wrote l1 ok': 10,
      'wrote l2 ok': 3,
      'wrote l2 skipped': 7,
      'wrote l3 skipped': 7,
    });
  });

  it('P11: a value that no format carries stays in this process, and keeps nobody else waiting', async () => {
    const encode = (): never => {
      throw new Error('not for bytes');
    };
    stack = new CacheStack({ ...node, codec: { ...plainCodec, encode } });
    await ask(query());
    expect(stack.peek(query())?.value).toBe('loaded');
    expect(node.observer.take()).toMatchObject({ 'wrote l2 error': 1, 'wrote l3 error': 1 });
    expect(await ask(query(), new CacheStack(world.node('b')))).toBe('loaded');
  });

  it('a warm start takes what is good, and nothing else', async () => {
    await ask(query(), stack, 'value');
    await ask(query({ args: 2, tags: ['red'] }), stack, 'value');
    const all = await world.shared.getMany([query().key.id, query({ args: 2, tags: ['red'] }).key.id]);
    const fresh = world.node('b');
    const begun = new CacheStack(fresh);
    await stack.invalidate([query({ args: 2, tags: ['red'] }).key.tags[2]!]);
    await world.settle();
    expect(await Promise.all(all.map((bytes) => begun.admit(bytes)))).toEqual([true, false]);
    expect(await begun.admit(new Uint8Array(10))).toBe(false);
    expect(begun.peek(query())?.value).toBe('value');
    await world.elapse(HOUR_MS);
    expect(await begun.admit(all[0]!)).toBe(false);
    expect(begun.takeHits()).toEqual([]);
  });
});
