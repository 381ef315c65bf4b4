import { CapacityError, namedTag, type Flight } from '@mcp-cluster/protocol';
import { CacheWorld } from '@mcp-cluster/testkit/cache';
import { beforeEach, describe, expect, it } from 'vitest';
import { CacheStack } from './cache-stack.js';
import { ComputedCache, type Computation } from './computed.js';

const MINUTE_MS = 60_000;
const [ANN, BOB] = ['ann', 'bob'].map((subject) => ({ issuer: 'test', subject }));

describe('ComputedCache', () => {
  let world: CacheWorld;
  let stack: CacheStack;
  let computed: ComputedCache;
  let runs: number;
  beforeEach(() => {
    world = new CacheWorld();
    stack = new CacheStack(world.node('a'));
    computed = new ComputedCache(stack);
    runs = 0;
  });

  const what = (over: Partial<Computation> = {}): Computation => ({
    name: 'sum',
    parts: { a: 1, b: 2 },
    scope: 'public',
    ...over,
  });
  const count = (): Promise<number> => Promise.resolve((runs += 1));
  const get = async <V>(asked: Computation, compute: () => Promise<V>): Promise<V> => {
    const value = computed.get(asked, compute);
    await world.elapse(5);
    return value;
  };

  it('P06: computes once for the same parts, in whatever order they are written', async () => {
    expect(await get(what(), count)).toBe(1);
    expect(await get(what({ parts: { b: 2, a: 1 } }), count)).toBe(1);
    expect(await get(what({ parts: { a: 1, b: 3 } }), count)).toBe(2);
    expect(await get(what({ name: 'other' }), count)).toBe(3);
    expect(await get(what({ version: '2' }), count)).toBe(4);
    expect(await get(what({ parts: undefined }), count)).toBe(5);
    expect(await get(what({ parts: undefined }), count)).toBe(5);
    const many = Promise.all(Array.from({ length: 50 }, () => computed.get(what({ parts: 'many' }), count)));
    await world.elapse(5);
    expect(new Set(await many)).toEqual(new Set([6]));
  });

  it('P06: a computed result is kept for 30 minutes, a token for 15, others as they say', async () => {
    const kinds = [
      what(),
      what({ type: 'auth_token' }),
      what({ parts: 'short', ttlMs: 1_000 }),
      what({ parts: 'none', ttlMs: 0 }),
    ];
    const lives = [30 * MINUTE_MS, 15 * MINUTE_MS, 1_000, 0];
    for (const [at, asked] of kinds.entries()) {
      const first = await get(asked, count);
      await world.elapse(Math.max(0, lives[at]! - 20));
      if (lives[at]! > 0) expect(await get(asked, count)).toBe(first);
      await world.elapse(20);
      expect(await get(asked, count)).not.toBe(first);
    }
  });

  it('S7: a private result is its principal’s alone; one of nobody is refused', async () => {
    const mine = (principal = ANN): Computation => what({ scope: 'private', principal });
    expect([await get(mine(ANN), count), await get(mine(BOB), count), await get(mine(ANN), count)]).toEqual([1, 2, 1]);
    expect(await get(what(), count)).toBe(3);
    const nobodys = computed.get(what({ scope: 'private' }), count);
    await expect(nobodys).rejects.toMatchObject({ code: 'cache_principal_missing' });
    expect(await get(what({ principal: ANN }), count)).toBe(3); // of a public one it is not looked at
  });

  it.each([undefined, null])('P06: a negative result (%s) is given, and never kept', async (nothing) => {
    const none = (): Promise<number | undefined | null> => {
      runs += 1;
      return Promise.resolve(nothing);
    };
    expect(await get(what(), none)).toBe(nothing);
    expect(await get(what(), none)).toBe(nothing);
    expect(runs).toBe(2);
    expect(await get(what(), count)).toBe(3);
  });

  it('P06: an error is told, and not kept', async () => {
    const failing = expect(computed.get(what(), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await world.elapse(5);
    await failing;
    expect(await get(what(), count)).toBe(1);
  });

  it('parts that nobody can compare are computed each time, with the caller’s own signal', async () => {
    const flights: Flight[] = [];
    const { signal } = new AbortController();
    const compute = (flight: Flight): Promise<number> => {
      flights.push(flight);
      return count();
    };
    expect(await computed.get(what({ parts: () => 1, signal }), compute)).toBe(1);
    expect(await computed.get(what({ parts: () => 1 }), compute)).toBe(2);
    expect([flights[0]!.signal, flights[0]!.passengers.size, flights[1]!.signal.aborted]).toEqual([signal, 1, false]);
  });

  it('whoever aborts no longer waits; the last one stops the computation', async () => {
    const flights: Flight[] = [];
    const stuck = (flight: Flight): Promise<number> => {
      flights.push(flight);
      return new Promise(() => undefined);
    };
    const [first, second] = [new AbortController(), new AbortController()];
    const ends = [first, second].map(({ signal }) =>
      computed.get(what({ signal }), stuck).catch((e: unknown) => (e as Error).message),
    );
    await world.elapse(5);
    first.abort(new Error('gone'));
    expect([await ends[0], flights[0]!.signal.aborted]).toEqual(['gone', false]);
    second.abort(new Error('gone too'));
    expect([await ends[1], flights[0]!.signal.aborted]).toEqual(['gone too', true]);
    await expect(computed.get(what({ signal: first.signal }), count)).rejects.toThrow('gone');
    const waited = computed.get(what({ signal: new AbortController().signal }), count);
    await world.elapse(5);
    expect(await waited).toBe(1);
  });

  it('is invalidated by its tags', async () => {
    const tagged = what({ tags: ['prices'] });
    await get(tagged, count);
    await stack.invalidate([namedTag('prices')]);
    expect(await get(tagged, count)).toBe(2);
  });

  it('an old result while a new one is made, or instead of one that fails', async () => {
    const asked = what({ ttlMs: 1_000, staleWhileRevalidateMs: 1_000, staleIfErrorMs: 5_000 });
    await get(asked, count);
    await world.elapse(1_500);
    expect(await get(asked, count)).toBe(1);
    expect(await get(asked, count)).toBe(2);
    await world.elapse(3_000);
    expect(await get(asked, () => Promise.reject(new Error('no')))).toBe(2);
  });

  it('too many who wait are refused', async () => {
    computed = new ComputedCache(new CacheStack({ ...world.node('b'), maxPassengers: 1 }));
    const waits = computed.get(what(), count);
    await expect(computed.get(what({ parts: 'other' }), count)).rejects.toBeInstanceOf(CapacityError);
    await world.elapse(5);
    expect(await waits).toBe(1);
  });
});
