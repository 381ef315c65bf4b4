import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { Invalidations } from './invalidations.js';
import { VersionClock } from './version-clock.js';

describe('Invalidations', () => {
  it('an entry is good if it was born after the last invalidation of each of its tags', () => {
    const known = new Invalidations();
    known.apply(['red'], 10);
    known.apply(['red', 'blue'], 5);
    expect([known.isGood(10, ['red']), known.isGood(11, ['red']), known.isGood(5, ['blue'])]).toEqual([
      false,
      true,
      false,
    ]);
    expect([known.isGood(11, ['red', 'blue']), known.isGood(1, ['green'])]).toEqual([true, true]);
  });

  it('its generation rises with what is new, and with nothing else', () => {
    const known = new Invalidations();
    expect([known.apply(['red'], 10), known.generation]).toEqual([true, 1]);
    expect([known.apply(['red'], 10), known.apply(['red'], 9), known.apply([], 11), known.generation]).toEqual([
      false,
      false,
      false,
      1,
    ]);
    expect([known.apply(['red', 'blue'], 10), known.generation]).toEqual([true, 2]);
  });

  it('is bounded: what was forgotten is taken as invalidated', () => {
    const known = new Invalidations(3);
    for (let n = 1; n <= 3; n += 1) known.apply([`tag-${n}`], n * 10);
    known.apply(['tag-1'], 35); // the last of the three now
    known.apply(['tag-4'], 40);
    expect(known.isGood(20, ['any other'])).toBe(false);
    expect(known.isGood(21, ['any other'])).toBe(true);
    expect(known.isGood(35, ['tag-1'])).toBe(false);
    expect(known.isNotKnownBad(20, ['any other'])).toBe(true);
  });

  it('an entry that was found good before the floor rose has to be younger, one that was found good since has not', () => {
    const known = new Invalidations();
    known.apply(['red'], 10);
    const before = known.generation;
    known.raiseFloor(100);
    expect(known.isGood(50, ['blue'], before)).toBe(false);
    expect(known.isGood(50, ['blue'], known.generation)).toBe(true);
    expect(known.isGood(101, ['blue'], before)).toBe(true);
    known.apply(['blue'], 110);
    expect(known.isGood(50, ['blue'], known.generation - 1)).toBe(false);
  });
});

describe('VersionClock', () => {
  it('an invalidation is above all that was heard of, and goes by the time', async () => {
    const clock = new VirtualClock();
    const versions = new VersionClock(clock, true);
    const first = versions.next();
    expect(first).toBe(clock.now() * 1_000);
    expect(versions.next()).toBe(first + 1);
    await clock.advance(5);
    expect(versions.next()).toBe(first + 5_000);
    versions.heard(first + 9_000_000);
    versions.heard(first);
    expect(versions.next()).toBe(first + 9_000_001);
  });

  it('experiment 23: a load without a claim is below each invalidation that comes, whatever this clock says', async () => {
    const clock = new VirtualClock();
    const versions = new VersionClock(clock, true);
    const hourAgo = clock.now() * 1_000 - 3_600_000_000;
    versions.heard(hourAgo); // the shared level’s, for the first time
    await clock.advance(10);
    expect([versions.least(), versions.least()]).toEqual([hourAgo + 1, hourAgo + 1]);
    versions.heard(hourAgo + 70);
    versions.heard(0);
    expect(versions.least()).toBe(hourAgo + 71);
  });

  it('experiment 23: before the cluster’s first word a load is below every invalidation, also where this clock is ahead', () => {
    const versions = new VersionClock(new VirtualClock(), true);
    expect(versions.least()).toBe(1);
  });

  it('where no other node gives versions each load has its own', () => {
    const versions = new VersionClock(new VirtualClock(), false);
    expect(versions.least()).toBeLessThan(versions.least());
  });

  it('what an earlier life wrote down is below; from the future comes nothing', () => {
    const clock = new VirtualClock();
    const versions = new VersionClock(clock, true);
    const now = clock.now() * 1_000;
    expect([versions.isPossible(now), versions.isPossible(now + 1)]).toEqual([true, false]);
    versions.heard(now - 5);
    expect([versions.least(), versions.isPossible(now + 1)]).toEqual([now - 4, false]);
    versions.heard(now + 5);
    expect(versions.least()).toBe(now + 6);
  });
});
