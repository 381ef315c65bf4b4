import type { Boarding, CacheQuery } from '@mcp-cluster/protocol';
import { CacheWorld, HeldLoad, queryOf, type WorldNode } from '@mcp-cluster/testkit/cache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CacheStack } from './cache-stack.js';

describe('CacheStack: several nodes', () => {
  let world: CacheWorld;
  let nodes: WorldNode[];
  let stacks: CacheStack[];
  let work: HeldLoad;
  let query: CacheQuery<unknown>;
  beforeEach(() => {
    world = new CacheWorld();
    nodes = ['a', 'b', 'c'].map((name) => world.node(name));
    stacks = nodes.map((node) => new CacheStack(node));
    work = new HeldLoad();
    query = queryOf(work.load, { tags: ['red'] });
  });
  afterEach(() => {
    expect(world.failures).toEqual([]);
  });

  const board = (at: number, asked = query): Boarding<unknown> => stacks[at]!.board(asked, {});
  const values = async (places: readonly Boarding<unknown>[]): Promise<unknown[]> =>
    (await Promise.all(places.map(({ entry }) => entry))).map(({ value }) => value);

  it('experiment 18: a thousand equal misses on three nodes are one load', async () => {
    const places = Array.from({ length: 1_000 }, (_, n) => board(n % 3));
    await world.elapse(2_000);
    expect(work.runs).toHaveLength(1);
    work.last.land('value');
    await world.elapse(5); // told over the bus, long before anybody polls
    expect(new Set(await values(places))).toEqual(new Set(['value']));
    expect(nodes.map(({ observer }) => observer.count('waited cluster')).toSorted()).toEqual([0, 1, 1]);
  });

  it('experiment 18: also where the bus is lost: those who wait look for it four times a second', async () => {
    for (const node of nodes) Object.assign(node.bus, { publish: () => undefined });
    const places = [0, 1, 2].map((at) => board(at));
    await world.elapse(2_000);
    work.last.land('value');
    await world.elapse(260);
    expect([await values(places), work.runs.length]).toEqual([['value', 'value', 'value'], 1]);
  });

  it('a load that fails on one node is begun by another one, not by all', async () => {
    const places = [0, 1, 2].map((at) => board(at));
    await world.settle();
    work.last.crash(new Error('no'));
    await expect(places[0]!.entry).rejects.toThrow('no');
    await world.elapse(5);
    expect(work.runs).toHaveLength(2);
    work.last.land('value');
    await world.elapse(5);
    expect(await values(places.slice(1))).toEqual(['value', 'value']);
  });

  it('an answer that is not kept frees the key for the other nodes', async () => {
    const places = [0, 1].map((at) => board(at));
    await world.settle();
    work.last.land('not to be kept', false);
    await world.elapse(5);
    work.last.land('value');
    await world.elapse(5);
    expect(await values(places)).toEqual(['not to be kept', 'value']);
  });

  it('a node whose callers have all left gives its claim up at once', async () => {
    const first = board(0);
    const second = board(1);
    await world.settle();
    first.leave();
    await world.elapse(5);
    expect(work.runs).toHaveLength(2);
    work.last.land('value');
    expect((await second.entry).value).toBe('value');
  });

  it('who comes again after all have left does not lose the new claim to the end of the old one', async () => {
    board(0).leave(); // before the shared level has answered
    const again = board(0);
    const other = board(1);
    await world.elapse(60);
    expect(work.runs).toHaveLength(1);
    work.last.land('value');
    await world.elapse(5);
    expect(await values([again, other])).toEqual(['value', 'value']);
    expect(work.runs).toHaveLength(1);
  });

  it('whoever waits for another node may leave: then it is not looked for any more', async () => {
    board(0);
    const waiting = board(1);
    await world.elapse(500);
    const { chaos } = nodes[1]!.shared;
    waiting.leave();
    await world.settle();
    const { calls } = chaos;
    await world.elapse(5_000);
    expect(chaos.calls).toBe(calls);
  });

  it('a load keeps its claim for as long as it may be joined, half a minute; a node that died keeps the others waiting for a second and a half', async () => {
    const slow = board(0);
    const waiting = board(1);
    await world.elapse(25_000);
    expect(work.runs).toHaveLength(1);
    // The node is gone, as far as the cluster can tell.
    nodes[0]!.shared.chaos.illness.errors = 1;
    await world.elapse(900);
    expect(work.runs).toHaveLength(1);
    await world.elapse(1_000);
    expect(work.runs).toHaveLength(2);
    work.runs[1]!.land('theirs');
    work.runs[0]!.land('its own');
    await world.elapse(5);
    expect(await values([slow, waiting])).toEqual(['its own', 'theirs']);
  });

  it('a shared level that goes away in the middle keeps nobody waiting', async () => {
    const places = [0, 1].map((at) => board(at));
    await world.settle();
    world.shared.available = false;
    await world.elapse(300);
    expect(work.runs).toHaveLength(2);
    for (const run of work.runs) run.land('value');
    await world.settle();
    expect(await values(places)).toEqual(['value', 'value']);
  });

  describe('invalidation', () => {
    /** In all levels of all nodes. */
    const keepEverywhere = async (): Promise<void> => {
      for (const at of [0, 1, 2]) {
        const { entry } = board(at);
        await world.elapse(5);
        work.last.land('old');
        await entry;
      }
      await world.elapse(5);
      expect(stacks.map((stack) => stack.peek(query)?.value)).toEqual(['old', 'old', 'old']);
    };
    const red = (): readonly string[] => [query.key.tags[2]!];

    it('is over on every node and at every level, when it is acknowledged', async () => {
      await keepEverywhere();
      await stacks[0]!.invalidate(red());
      await world.settle();
      expect(stacks.map((stack) => stack.peek(query))).toEqual([undefined, undefined, undefined]);
      for (const at of [1, 2, 0]) {
        const { entry } = board(at);
        await world.elapse(5);
        work.last.land('new');
        expect((await entry).value).toBe('new');
        await world.elapse(5);
      }
      expect(work.runs).toHaveLength(2);
      expect(
        nodes.map(({ observer }) => observer.count('invalidated own') + 10 * observer.count('invalidated heard')),
      ).toEqual([1, 10, 10]);
    });

    it('a load under way is given to those who wait for it, is kept nowhere, and nobody joins it', async () => {
      const before = [board(0), board(0)];
      await world.settle();
      await stacks[1]!.invalidate(red());
      await world.settle();
      const after = board(0);
      const elsewhere = board(2);
      await world.elapse(300);
      expect(work.runs).toHaveLength(2);
      work.runs[1]!.land('new');
      await world.elapse(5);
      work.runs[0]!.land('old');
      await world.elapse(5);
      expect(await values([...before, after, elsewhere])).toEqual(['old', 'old', 'new', 'new']);
      expect(stacks.map((stack) => stack.peek(query)?.value)).toEqual(['new', undefined, 'new']);
    });

    it('a late write cannot bring an old value back, whichever node it comes from', async () => {
      const slow = board(0);
      await world.settle();
      // The node does not hear of it.
      const { shared } = world;
      await shared.invalidate(red(), 0);
      work.last.land('old');
      await slow.entry;
      await world.elapse(10);
      expect(await shared.get(query.key.id)).toBeUndefined();
      const other = board(1);
      await world.elapse(5);
      work.last.land('new');
      expect((await other.entry).value).toBe('new');
    });

    it('a node that was cut off asks what it missed; where nobody knows it trusts nothing from before', async () => {
      await keepEverywhere();
      await world.shared.invalidate(red(), 0);
      expect(stacks[1]!.peek(query)?.value).toBe('old');
      nodes[1]!.bus.publish({ type: 'resync' });
      await world.settle();
      expect(stacks[1]!.peek(query)).toBeUndefined();

      const other = queryOf(work.load, { args: 'other' });
      const { entry } = board(2, other);
      await world.elapse(5);
      work.last.land('value');
      await entry;
      await world.elapse(5);
      world.shared.available = false;
      nodes[2]!.bus.publish({ type: 'resync' });
      await world.settle();
      expect((await stacks[2]!.sizes()).l1?.entries).toBe(0);
      // Not from its disk either; but from the shared level, which knows.
      world.shared.available = true;
      const again = board(2, other);
      await world.elapse(5);
      expect((await again.entry).value).toBe('value');
      expect(nodes[2]!.observer.count('l2 hit')).toBe(2);
      await stacks[2]!.invalidate(['unrelated']);
      expect(stacks[2]!.peek(other)?.value).toBe('value');
    });

    it('a disk of an earlier life: what was invalidated meanwhile is not taken from it', async () => {
      await keepEverywhere();
      const old = queryOf(work.load, { args: 'old' });
      const { entry } = board(1, old);
      await world.elapse(5);
      work.last.land('old');
      await entry;
      await world.elapse(5);
      await world.shared.invalidate(red(), 0);
      const born = world.node('b');
      const again = new CacheStack(born);
      await again.catchUp();
      world.shared.available = false;
      const boarding = again.board(query, {});
      await world.elapse(5);
      work.last.land('new');
      expect((await boarding.entry).value).toBe('new');
      expect((await again.board(old, {}).entry).value).toBe('old');
    });

    it('experiment 7: does not wait for a shared level that hangs, and tells it later', async () => {
      await keepEverywhere();
      nodes[0]!.shared.chaos.illness.delayMs = 60_000;
      const done = stacks[0]!.invalidate(red());
      expect(stacks[0]!.peek(query)).toBeUndefined();
      await world.elapse(250);
      await done;
      nodes[0]!.shared.chaos.heal();
      expect(await world.shared.get(query.key.id)).toBeDefined();
      const { entry } = board(0, queryOf(work.load, { args: 'any' }));
      await world.elapse(5);
      work.last.land('value');
      await entry;
      await world.elapse(5);
      expect(await world.shared.get(query.key.id)).toBeUndefined();
    });
  });
});
