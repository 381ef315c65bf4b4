import type { Boarding, CacheQuery } from '@mcp-cluster/protocol';
import { CacheWorld, HeldLoad, queryOf, type WorldNode } from '@mcp-cluster/testkit/cache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CacheStack } from './cache-stack.js';
import { MAX_BOARDED_MS } from './trip.js';

describe('CacheStack: loads that take long, or never end', () => {
  let world: CacheWorld;
  let nodes: WorldNode[];
  let stacks: CacheStack[];
  let work: HeldLoad;
  let query: CacheQuery<unknown>;
  beforeEach(() => {
    world = new CacheWorld();
    nodes = ['a', 'b'].map((name) => world.node(name));
    stacks = nodes.map((node) => new CacheStack(node));
    work = new HeldLoad();
    query = queryOf(work.load, { policy: { ttlMs: 3_600_000 } });
  });
  afterEach(() => {
    expect(world.failures).toEqual([]);
  });

  const board = (at: number, asked = query): Boarding<unknown> => stacks[at]!.board(asked, {});

  it('P06: callers that overlap do not keep a key for good: after half a minute the next one begins another load', async () => {
    const places = [board(0)];
    for (let seconds = 0; seconds < 29; seconds += 1) {
      await world.elapse(1_000);
      places.push(board(0));
      places.shift()?.leave();
    }
    expect(work.runs).toHaveLength(1);
    await world.elapse(1_000);
    const next = board(0);
    await world.settle();
    expect(work.runs).toHaveLength(2);
    work.last.land('value');
    expect((await next.entry).value).toBe('value');
    expect(stacks[0]!.peek(query)?.value).toBe('value');
    // Somebody still waits for the first one.
    expect(work.runs[0]!.flight.signal.aborted).toBe(false);
    for (const { leave } of places) leave();
    expect(work.runs[0]!.flight.signal.aborted).toBe(true);
  });

  it('P06: a load that takes minutes answers those who wait for it, and is kept where nothing later is', async () => {
    const slow = board(0);
    await world.elapse(180_000);
    expect(work.runs).toHaveLength(1);
    work.last.land('late');
    expect((await slow.entry).value).toBe('late');
    await world.settle();
    expect([stacks[0]!.peek(query)?.value, (await board(1).entry).value]).toEqual(['late', 'late']);

    const other = queryOf(work.load, { args: 'other' });
    const slower = board(0, other);
    await world.elapse(MAX_BOARDED_MS);
    const next = board(0, other);
    await world.settle();
    work.runs[2]!.land('new');
    await next.entry;
    work.runs[1]!.land('old');
    expect((await slower.entry).value).toBe('old');
    await world.settle();
    expect([stacks[0]!.peek(other)?.value, (await board(1, other).entry).value]).toEqual(['new', 'new']);
  });

  it('P07: a refresh that hangs is stopped after half a minute, and its key is free', async () => {
    const refreshed = stacks[0]!.refresh(query);
    await world.elapse(MAX_BOARDED_MS - 1);
    expect(await stacks[0]!.refresh(query)).toBe(false);
    expect(work.last.flight.signal.aborted).toBe(false);
    await world.elapse(1);
    expect(work.last.flight.signal.aborted).toBe(true);
    expect(await refreshed).toBe(false);
    expect(nodes[0]!.observer.count('loaded abandoned')).toBe(1);
    const again = stacks[0]!.refresh(query);
    await world.settle();
    work.last.land('value');
    expect(await again).toBe(true);
  });

  it('P07: a refresh that somebody has joined goes on for him alone', async () => {
    void stacks[0]!.refresh(query);
    await world.settle();
    const joined = board(0);
    await world.elapse(MAX_BOARDED_MS);
    expect(work.last.flight.signal.aborted).toBe(false);
    joined.leave();
    expect(work.last.flight.signal.aborted).toBe(true);
  });

  it('P06: a stale entry whose refresh hangs is refreshed again half a minute later', async () => {
    const stale = queryOf(work.load, { policy: { ttlMs: 1_000, staleWhileRevalidateMs: 600_000 } });
    const first = board(0, stale);
    await world.settle();
    work.last.land('old');
    await first.entry;
    await world.elapse(1_000);
    for (let seconds = 0; seconds < 32; seconds += 1) {
      expect(stacks[0]!.peek(stale)?.value).toBe('old');
      await world.elapse(1_000);
    }
    expect(work.runs).toHaveLength(3);
    work.last.land('new');
    await world.settle();
    expect(stacks[0]!.peek(stale)?.value).toBe('new');
  });

  it('another node waits for one that hangs for half a minute, and then loads', async () => {
    board(0);
    await world.elapse(1_000);
    const waiting = board(1);
    await world.elapse(28_999);
    expect(work.runs).toHaveLength(1);
    await world.elapse(10); // the claim was given up, and that was told
    expect(work.runs).toHaveLength(2);
    work.last.land('value');
    expect((await waiting.entry).value).toBe('value');
    await world.settle();
    expect(await world.shared.get(query.key.id)).toBeDefined();
  });

  it('a node that waits for one claim after the other waits for half a minute in all', async () => {
    // Somebody who takes the key again and again, and never loads it.
    const owner = 'c/1';
    const taken = world.clock.every(1_000, () => void world.shared.fetch(query.key, { owner, leaseMs: 1_500 }));
    await world.shared.fetch(query.key, { owner, leaseMs: 1_500 });
    const waiting = board(0);
    await world.elapse(MAX_BOARDED_MS - 1);
    expect(work.runs).toHaveLength(0);
    await world.elapse(1);
    expect(work.runs).toHaveLength(1);
    taken.cancel();
    work.last.land('value');
    expect((await waiting.entry).value).toBe('value');
    expect(stacks[0]!.peek(query)?.value).toBe('value');
  });

  it('leaves no timer behind when a load has ended', async () => {
    const { pending } = world.clock;
    const unkept = board(0);
    await world.settle();
    work.last.land('value', false);
    await unkept.entry;
    await world.settle();
    expect(world.clock.pending).toBe(pending);
  });
});
