import { LocalError } from '@mcp-cluster/kernel';
import { CacheWorld, type WorldNode } from '@mcp-cluster/testkit/cache';
import { beforeEach, describe, expect, it } from 'vitest';
import { LevelGuard } from './level-guard.js';

describe('LevelGuard', () => {
  let world: CacheWorld;
  let node: WorldNode;
  let guard: LevelGuard;
  beforeEach(() => {
    world = new CacheWorld();
    node = world.node('a');
    guard = new LevelGuard(node.disk, node);
  });

  /** How long a look-up kept its caller, and whether there was an answer. */
  const look = async (): Promise<readonly [ms: number, answered: boolean]> => {
    const began = world.clock.now();
    let end: readonly [number, boolean] | undefined;
    const done = guard
      .look('resource', 'id', async () => ({ bytes: await node.disk.get('id') }))
      .then((answer) => (end = [world.clock.now() - began, answer !== undefined]));
    for (let ms = 0; end === undefined && ms < 1_000; ms += 1) await world.clock.advance(1);
    await done;
    return end!;
  };

  it('experiment 7: a level that hangs costs two callers 100 ms each, then nobody anything', async () => {
    node.disk.chaos.illness.delayMs = 60_000;
    expect(await look()).toEqual([100, false]);
    expect(await look()).toEqual([100, false]);
    for (let n = 0; n < 100; n += 1) expect((await look())[0]).toBeLessThanOrEqual(1);
    expect(node.observer.take()).toEqual({ 'l3 error': 2, 'l3 rests': 1, 'l3 skipped': 100 });
    expect(guard.resting).toBe(true);
  });

  it('experiment 8: a level that became slow is left alone after five look-ups, fast ones between them forgive', async () => {
    const { illness } = node.disk.chaos;
    for (const [ms, rests] of [
      [60, 4],
      [1, 1],
      [60, 4],
      [10, 1],
      [60, 5],
    ] as const) {
      illness.delayMs = ms;
      for (let n = 0; n < rests; n += 1) expect((await look())[1]).toBe(true);
    }
    expect(guard.resting).toBe(true);
    expect(node.observer.take()).toEqual({ 'l3 rests': 1 });
  });

  it('errors are answers that help nobody: five in a row, and it rests', async () => {
    node.disk.chaos.illness.errors = 1;
    for (let n = 0; n < 5; n += 1) expect((await look())[1]).toBe(false);
    expect(node.observer.take()).toEqual({ 'l3 error': 5, 'l3 rests': 1 });
    const sync = new LevelGuard(node.disk, node);
    const answer = await sync.look('resource', 'id', () => {
      throw new LocalError('at_once', 'not even a promise');
    });
    expect(answer).toBeUndefined();
  });

  it('experiment 8: rests a second, doubling to thirty; each time one look-up in the background decides', async () => {
    node.disk.chaos.illness.delayMs = 200;
    await look();
    await look();
    await world.elapse(500); // the late answers have come
    const { chaos } = node.disk;
    const rests: number[] = [];
    let since = world.clock.now();
    for (let calls = chaos.calls; rests.length < 8;) {
      await world.clock.advance(50);
      // Many want it at once: one of them is its trial, and none waits.
      for (let n = 0; n < 5; n += 1) expect((await look())[1]).toBe(false);
      if (chaos.calls === calls) continue;
      expect(chaos.calls).toBe(calls + 1);
      calls = chaos.calls;
      rests.push(world.clock.now() - since);
      since = world.clock.now();
      await world.elapse(250);
    }
    for (const [at, ms] of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].entries()) {
      if (at === 0) continue; // it began before this was looked at
      expect(rests[at]).toBeGreaterThan(0.8 * ms - 100);
      expect(rests[at]).toBeLessThan(ms + 500);
    }
    expect(node.observer.count('l3 rests')).toBe(1);
  });

  it('is asked again when its trial was fast, and rests a second again when it is ill anew', async () => {
    node.disk.chaos.illness.delayMs = 200;
    await look();
    await look();
    node.disk.chaos.heal();
    await world.elapse(1_000);
    expect((await look())[1]).toBe(false);
    await world.settle();
    expect(guard.resting).toBe(false);
    expect((await look())[1]).toBe(true);
    expect(node.observer.take()).toEqual({ 'l3 error': 2, 'l3 rests': 1, 'l3 skipped': 1, 'l3 wakes': 1 });
    node.disk.chaos.illness.delayMs = 200;
    await look();
    expect(guard.resting).toBe(false);
    await look();
    expect(guard.resting).toBe(true);
    expect(world.failures).toEqual([]);
  });

  it('tells of an answer that came too late', async () => {
    const late: unknown[] = [];
    node.disk.chaos.illness.delayMs = 150;
    const answer = guard.look(
      'resource',
      'id',
      async () => ({ bytes: await node.disk.get('id') }),
      (one) => late.push(one),
    );
    await world.elapse(120);
    expect([await answer, late]).toEqual([undefined, []]);
    await world.elapse(50);
    expect(late).toEqual([{ bytes: undefined }]);
  });

  it('writes are counted, fail quietly, and are skipped while it rests', async () => {
    expect(await guard.write(() => Promise.resolve(true))).toBe(true);
    expect(await guard.write(() => Promise.resolve(false))).toBe(false);
    expect(await guard.write(() => Promise.reject(new Error('full')))).toBe(false);
    node.disk.chaos.illness.delayMs = 200;
    await look();
    await look();
    expect(await guard.write(() => Promise.resolve(true))).toBe(false);
    const { 'wrote l3 ok': ok, 'wrote l3 refused': refused, ...rest } = node.observer.take();
    expect([ok, refused, rest['wrote l3 error'], rest['wrote l3 skipped']]).toEqual([1, 1, 1, 1]);
  });
});
