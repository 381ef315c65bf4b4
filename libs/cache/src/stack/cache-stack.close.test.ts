import type { CacheQuery } from '@mcp-cluster/protocol';
import { CacheWorld, HeldLoad, plainCodec, queryOf, type WorldNode } from '@mcp-cluster/testkit/cache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CacheStack } from './cache-stack.js';

describe('CacheStack: the end of a node', () => {
  let world: CacheWorld;
  let node: WorldNode;
  let stack: CacheStack;
  let work: HeldLoad;
  let query: CacheQuery<unknown>;
  /** Of a world in which the stack is not yet. */
  let timers: number;
  beforeEach(() => {
    world = new CacheWorld();
    node = world.node('a');
    timers = world.clock.pending;
    stack = new CacheStack(node);
    work = new HeldLoad();
    query = queryOf(work.load, { tags: ['red'] });
  });
  afterEach(() => {
    expect(world.failures).toEqual([]);
  });

  it('what its last call brought reaches the shared level and the disk before it ends', async () => {
    const { entry } = stack.board(query, {});
    await world.settle();
    Object.assign(node.shared.chaos.illness, { delayMs: 40 });
    Object.assign(node.disk.chaos.illness, { delayMs: 60 });
    work.last.land('value');
    await entry;
    let closed = false;
    void stack.close().then(() => (closed = true));
    await world.elapse(59);
    expect(closed).toBe(false);
    await world.elapse(1);
    expect(closed).toBe(true);
    node.disk.chaos.heal();
    for (const bytes of [await world.shared.get(query.key.id), await node.disk.get(query.key.id)])
      expect(plainCodec.decode(bytes!, query.key).value).toBe('value');
    expect(world.clock.pending).toBe(timers);
  });

  it('what it owes is paid', async () => {
    world.shared.available = false;
    await stack.invalidate(['red']);
    world.shared.available = true;
    await stack.close();
    expect((await world.shared.invalidationsSince(0)).map(({ tag }) => tag)).toEqual(['red']);
    expect(world.clock.pending).toBe(timers);
  });

  it('its claims are given up: another node that waits loads at once', async () => {
    stack.board(query, {});
    await world.settle();
    const other = new CacheStack(world.node('b'));
    const waiting = other.board(query, {});
    await world.settle();
    expect(work.runs).toHaveLength(1);
    await stack.close();
    await world.settle();
    expect(work.runs).toHaveLength(2);
    work.last.land('value');
    expect((await waiting.entry).value).toBe('value');
  });

  it('waits no longer than for any command, whatever hangs', async () => {
    const { entry } = stack.board(query, {});
    await world.settle();
    Object.assign(node.shared.chaos.illness, { delayMs: 60_000 });
    work.last.land('value');
    await entry;
    void stack.invalidate(['red']);
    let closed = false;
    void stack.close().then(() => (closed = true));
    await world.elapse(249);
    expect(closed).toBe(false);
    await world.elapse(1);
    expect(closed).toBe(true);
  });
});
