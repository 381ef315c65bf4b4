import { CapacityError } from '@mcp-cluster/protocol';
import { CacheWorld, HeldLoad, queryOf, type WorldNode } from '@mcp-cluster/testkit/cache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CacheStack } from './cache-stack.js';

const HOUR_MS = 3_600_000;

describe('CacheStack: one node', () => {
  let world: CacheWorld;
  let node: WorldNode;
  let stack: CacheStack;
  let work: HeldLoad;
  beforeEach(() => {
    world = new CacheWorld();
    node = world.node('a');
    stack = new CacheStack({ ...node, shared: undefined, disk: undefined });
    work = new HeldLoad();
  });
  afterEach(() => {
    expect(world.failures).toEqual([]);
  });

  /** Loads a value as somebody's call does. */
  const keep = async (query: ReturnType<typeof queryOf>, value: unknown): Promise<void> => {
    const { entry } = stack.board(query, {});
    await world.settle();
    work.last.land(value);
    await entry;
    await world.settle();
  };

  it('P06: a miss is loaded, kept, and a hit from then on until its time is over', async () => {
    const query = queryOf(work.load);
    expect(stack.peek(query)).toBeUndefined();
    const began = world.clock.now();
    await keep(query, 'value');
    expect(stack.peek(query)).toMatchObject({ value: 'value', freshUntil: began + 60_000 });
    await world.elapse(59_999);
    expect(stack.peek(query)?.value).toBe('value');
    await world.elapse(1);
    expect(stack.peek(query)).toBeUndefined();
    expect(work.runs).toHaveLength(1);
    expect(node.observer.take()).toEqual({ 'l1 miss': 2, 'l1 hit': 2, 'loaded ok': 1, 'wrote l1 ok': 1 });
  });

  it('P06: everybody who asks meanwhile waits for one load, and sees who else does', async () => {
    const query = queryOf(work.load);
    const passengers = [{}, {}, {}];
    const places = passengers.map((one) => stack.board(query, one));
    await world.settle();
    expect(work.runs).toHaveLength(1);
    expect([...work.last.flight.passengers]).toEqual(passengers);
    places[0]!.leave();
    work.last.land('value');
    expect((await Promise.all(places.map(({ entry }) => entry))).map(({ value }) => value)).toEqual([
      'value',
      'value',
      'value',
    ]);
    expect(node.observer.count('waited process')).toBe(2);
  });

  it('P06: a failure is told to all who wait, is kept by nobody, and starts no second load', async () => {
    const query = queryOf(work.load);
    const places = [1, 2, 3].map(() => stack.board(query, {}));
    await world.settle();
    const failure = new Error('no');
    work.last.crash(failure);
    const ends = await Promise.allSettled(places.map(({ entry }) => entry));
    expect(ends.every((end) => end.status === 'rejected' && end.reason === failure)).toBe(true);
    await world.settle();
    expect(work.runs).toHaveLength(1);
    expect(stack.peek(query)).toBeUndefined();
    expect(node.observer.count('loaded error')).toBe(1);
  });

  it.each([
    ['is not to be kept', 'value', false, {}],
    ['is undefined', undefined, true, {}],
    ['is null', null, true, {}],
    ['has no time to live', 'value', true, { ttlMs: 0, staleWhileRevalidateMs: 5_000, staleIfErrorMs: 5_000 }],
  ])('P06: an answer that %s goes to those who wait, and to nobody later', async (_name, value, keeps, policy) => {
    const query = queryOf(work.load, { policy });
    const { entry } = stack.board(query, {});
    await world.settle();
    work.last.land(value, keeps);
    expect(await entry).toEqual({ value, freshUntil: world.clock.now() });
    expect(stack.peek(query)).toBeUndefined();
    expect(node.observer.count('loaded unkept')).toBe(1);
  });

  it('P06: a load that throws at once, gives nothing or something else is an error, and nothing more', async () => {
    const loads = [
      () => {
        throw new Error('at once');
      },
      () => undefined,
      () => Promise.resolve(null),
      () => Promise.resolve('a text'),
    ] as unknown as HeldLoad['load'][];
    for (const load of loads) await expect(stack.board(queryOf(load), {}).entry).rejects.toThrow();
    expect(node.observer.take()).toEqual({ 'loaded error': 4 });
  });

  it('P06: when all have left the load is stopped, and what it brings nevertheless is not kept', async () => {
    const query = queryOf(work.load);
    const place = stack.board(query, {});
    await world.settle();
    place.leave();
    expect(work.last.flight.signal.aborted).toBe(true);
    expect(node.observer.count('loaded abandoned')).toBe(1);
    const next = stack.board(query, {});
    await world.settle();
    work.runs[0]!.land('half of it');
    await world.settle();
    expect(stack.peek(query)).toBeUndefined();
    work.runs[1]!.land('whole');
    expect((await next.entry).value).toBe('whole');
    expect(stack.peek(query)?.value).toBe('whole');
  });

  it('P06: too many who wait are refused', async () => {
    stack = new CacheStack({ ...node, shared: undefined, disk: undefined, maxPassengers: 2 });
    const places = [1, 2, 3].map((n) => stack.board(queryOf(work.load, { args: n }), {}));
    await expect(places[2]!.entry).rejects.toBeInstanceOf(CapacityError);
    for (const { leave } of places) leave();
  });

  describe('anew', () => {
    it('a client that wants it anew gets it, and so does whoever comes later', async () => {
      const query = queryOf(work.load);
      await keep(query, 'old');
      const places = [1, 2].map(() => stack.reload(query, {}));
      expect(stack.peek(query)).toBeUndefined();
      await world.settle();
      expect(work.runs).toHaveLength(2);
      work.last.land('new');
      for (const { entry } of places) expect((await entry).value).toBe('new');
      expect(stack.peek(query)?.value).toBe('new');
    });

    it('what was begun before does not replace it', async () => {
      const query = queryOf(work.load);
      const slow = stack.board(query, {});
      await world.settle();
      const anew = stack.reload(query, {});
      await world.settle();
      work.runs[1]!.land('new');
      await anew.entry;
      work.runs[0]!.land('old');
      expect((await slow.entry).value).toBe('old');
      expect(stack.peek(query)?.value).toBe('new');
    });
  });

  describe('refresh', () => {
    it('P07: loads for nobody, when nothing is at hand that is fresh for long enough', async () => {
      const query = queryOf(work.load);
      const first = stack.refresh(query);
      await world.settle();
      expect(await stack.refresh(query)).toBe(false); // under way
      work.last.land('value');
      expect(await first).toBe(true);
      expect([await stack.refresh(query), stack.has(query.key.id), stack.has(query.key.id, 60_000)]).toEqual([
        false,
        true,
        false,
      ]);
      await world.elapse(50_000);
      const ahead = stack.refresh(query, 20_000);
      await world.settle();
      work.last.land('newer');
      expect(await ahead).toBe(true);
      expect(work.runs).toHaveLength(2);
      expect(await stack.refresh(query, 100_000)).toBe(false); // nothing is fresh for so long
      stack.drop([query.key.id]);
      expect(stack.has(query.key.id)).toBe(false);
    });

    it('P07: never rejects, and whoever joins it is told', async () => {
      const query = queryOf(work.load);
      const refreshed = stack.refresh(query);
      await world.settle();
      const joined = stack.board(query, {});
      work.last.crash(new Error('no'));
      await expect(joined.entry).rejects.toThrow('no');
      expect(await refreshed).toBe(false);
    });
  });

  it('tells what is used, and how much it holds', async () => {
    const queries = [1, 2, 3].map((n) => queryOf(work.load, { args: n }));
    for (const query of queries) await keep(query, 'value');
    for (let n = 0; n < 3; n += 1) stack.peek(queries[1]!);
    stack.peek(queries[2]!);
    const ids = queries.map(({ key }) => key.id);
    expect(stack.hottest(2)).toMatchObject([
      { id: ids[1], hits: 3, type: 'resource', space: 'test' },
      { id: ids[2], hits: 1 },
    ]);
    expect(stack.takeHits().toSorted((a, b) => a.hits - b.hits)).toEqual([
      { id: ids[2], hits: 1 },
      { id: ids[1], hits: 3 },
    ]);
    stack.peek(queries[1]!);
    expect(stack.takeHits()).toEqual([{ id: ids[1], hits: 1 }]);
    expect(await stack.sizes()).toEqual({ l1: { entries: 3, bytes: 3 * 74 } });
    stack.clear();
    expect((await stack.sizes()).l1?.entries).toBe(0);
    expect(stack.resting('l2')).toBe(false);
  });

  it('P06: an entry that nobody asks for goes after five minutes', async () => {
    const query = queryOf(work.load, { policy: { ttlMs: HOUR_MS } });
    await keep(query, 'value');
    await world.elapse(300_000);
    expect(stack.peek(query)).toBeUndefined();
  });
});
