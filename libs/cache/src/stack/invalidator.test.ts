import { EVERYTHING } from '@mcp-cluster/protocol';
import { CacheWorld, type WorldNode } from '@mcp-cluster/testkit/cache';
import { beforeEach, describe, expect, it } from 'vitest';
import { Invalidations } from './invalidations.js';
import { Invalidator } from './invalidator.js';
import { VersionClock } from './version-clock.js';

describe('Invalidator', () => {
  let world: CacheWorld;
  let node: WorldNode;
  let invalidations: Invalidations;
  let invalidator: Invalidator;
  beforeEach(() => {
    world = new CacheWorld();
    node = world.node('a');
    invalidations = new Invalidations();
    const versions = new VersionClock(world.clock, true);
    const outdated = (): void => undefined;
    invalidator = new Invalidator({ ...node, versions, invalidations, outdated, disk: undefined });
  });

  /** The tags that the shared level was told of. */
  const toldShared = async (): Promise<string[]> => (await world.shared.invalidationsSince(0)).map(({ tag }) => tag);

  it('what the shared level was not told while it was away it is told once, when it answers', async () => {
    world.shared.available = false;
    for (const tag of ['red', 'blue', 'red']) await invalidator.invalidate([tag]);
    await invalidator.invalidate([]);
    invalidator.payDebts(); // not yet
    await world.settle();
    expect(await toldShared()).toEqual([]);
    world.shared.available = true;
    invalidator.payDebts();
    invalidator.payDebts();
    await world.settle();
    expect(await toldShared()).toEqual(['red', 'blue']);
    const { calls } = node.shared.chaos;
    invalidator.payDebts();
    await world.settle();
    expect(node.shared.chaos.calls).toBe(calls);
  });

  it('a debt is paid within a second of the shared level’s return, though nobody asks it; then no timer is left', async () => {
    const { pending } = world.clock;
    const told: string[][] = [];
    world.node('b').bus.subscribe((event) => {
      if (event.type === 'cache-invalidated') told.push([...event.tags]);
    });
    world.shared.available = false;
    await invalidator.invalidate(['red']);
    await world.elapse(60_000);
    const { calls } = node.shared.chaos;
    world.shared.available = true;
    await world.elapse(1_000);
    expect([await toldShared(), told, world.clock.pending]).toEqual([['red'], [['red'], ['red']], pending]);
    await world.elapse(10_000);
    expect(node.shared.chaos.calls).toBe(calls + 1);
  });

  it('a shared level that hangs is told once a second, and what was loaded here stays good until it has answered', async () => {
    node.shared.chaos.illness.delayMs = 60_000;
    void invalidator.invalidate(['red']);
    await world.elapse(250);
    const { generation } = invalidations;
    const { calls } = node.shared.chaos;
    await world.elapse(10_000);
    expect([invalidations.generation, node.shared.chaos.calls]).toEqual([generation, calls + 10]);
    node.shared.chaos.heal();
    await world.elapse(1_000);
    expect(invalidations.generation).toBe(generation + 1);
  });

  it('when it closes it pays once more, and keeps no timer', async () => {
    const { pending } = world.clock;
    world.shared.available = false;
    await invalidator.invalidate(['red']);
    world.shared.available = true;
    await invalidator.close();
    expect([await toldShared(), world.clock.pending]).toEqual([['red'], pending]);
    world.shared.available = false;
    await invalidator.invalidate(['blue']);
    expect(world.clock.pending).toBe(pending);
  });

  it('more than a thousand tags are too many to remember: then it is told to forget everything', async () => {
    world.shared.available = false;
    for (let n = 0; n < 1_001; n += 1) await invalidator.invalidate([`tag-${n}`]);
    world.shared.available = true;
    invalidator.payDebts();
    await world.settle();
    expect(await toldShared()).toEqual([EVERYTHING]);
  });

  it('reads all that it missed, page by page, and each once', async () => {
    for (let n = 0; n < 12_000; n += 4)
      await world.shared.invalidate(
        [0, 1, 2, 3].map((m) => `tag-${n + m}`),
        0,
      );
    invalidations = new Invalidations(20_000);
    const versions = new VersionClock(world.clock, true);
    invalidator = new Invalidator({ ...node, versions, invalidations, outdated: () => undefined, disk: undefined });
    expect(await invalidator.readMissed()).toBe(true);
    const born = world.clock.now() * 1_000;
    for (const n of [0, 4_999, 5_000, 11_999]) expect(invalidations.isGood(born, [`tag-${n}`])).toBe(false);
    expect(invalidations.isGood(born, ['tag-12000'])).toBe(true);
    expect(node.observer.count('invalidated heard')).toBe(3_000);
    const { generation } = invalidations;
    expect(await invalidator.readMissed()).toBe(true);
    expect(invalidations.generation).toBe(generation);
  });
});
