import { VirtualClock } from '@mcp-cluster/testkit';
import { tierMeta } from '@mcp-cluster/testkit/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { Held, remaining } from './held.js';
import { MEMORY_LIMITS, MemoryLevel } from './memory-level.js';

const POLICY = { ttlMs: 3_600_000, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };
const MINUTE_MS = 60_000;

describe('MemoryLevel', () => {
  let clock: VirtualClock;
  let evictions: number;
  let level: MemoryLevel;
  const open = (limits = {}): MemoryLevel =>
    new MemoryLevel(clock, { ...MEMORY_LIMITS, ...limits }, () => {
      evictions += 1;
    });
  beforeEach(() => {
    clock = new VirtualClock();
    evictions = 0;
    level = open();
  });

  /** An entry that is fresh for `freshMs`, and so much longer stale or for rescue. */
  const entry = (id: string, { freshMs = 3_600_000, staleMs = 0, errorMs = 0, bytes = 100, born = 1 } = {}): Held => {
    const now = clock.now();
    const freshUntil = now + freshMs;
    const times = { freshUntil, staleUntil: freshUntil + staleMs, errorUntil: freshUntil + errorMs };
    const policy = { ...POLICY, staleWhileRevalidateMs: staleMs, staleIfErrorMs: errorMs };
    const meta = tierMeta(id, now, { ...times, born });
    const at = { wall: now, monotonic: clock.monotonic() };
    return new Held(meta, id, bytes, 0, remaining(meta, now, policy), at);
  };

  it('P06: holds a thousand entries, and drops the one that was not used for longest', () => {
    for (let n = 0; n < 1_000; n += 1) level.put(entry(`id-${n}`));
    level.get('id-0');
    level.put(entry('one more'));
    expect(level.size.entries).toBe(1_000);
    expect([level.get('id-0')?.value, level.get('id-1')]).toEqual(['id-0', undefined]);
    expect(evictions).toBe(1);
  });

  it('P06: is bounded in bytes, and refuses what would push out too much', () => {
    level = open({ bytes: 1_000 });
    for (let n = 0; n < 12; n += 1) expect(level.put(entry(`id-${n}`, { bytes: 100 }))).toBe(true);
    expect(level.size).toEqual({ entries: 10, bytes: 1_000 });
    expect(evictions).toBe(2);
    expect(level.put(entry('large', { bytes: 126 }))).toBe(false);
    expect(level.put(entry('largest that is taken', { bytes: 125 }))).toBe(true);
  });

  it('P06: an entry that became too large takes the old one with it', () => {
    level = open({ bytes: 1_000 });
    level.put(entry('id'));
    expect(level.put(entry('id', { bytes: 500, born: 2 }))).toBe(false);
    expect(level.get('id')).toBeUndefined();
  });

  it('P06: age is renewed on get, and ends after five minutes without one', async () => {
    level.put(entry('used'));
    level.put(entry('idle'));
    for (let minute = 0; minute < 5; minute += 1) {
      await clock.advance(MINUTE_MS);
      expect(level.get('used')).toBeDefined();
    }
    expect(level.get('idle')).toBeUndefined();
    expect(level.size.entries).toBe(1);
    await clock.advance(4 * MINUTE_MS);
    expect(level.peek('used')).toBeDefined();
    await clock.advance(MINUTE_MS);
    expect(level.get('used')).toBeUndefined();
  });

  it('P06: is fresh until its time, to the millisecond, however often it is used; then it takes no room', async () => {
    level.put(entry('id', { freshMs: 90_000 }));
    await clock.advance(89_999);
    expect(level.get('id')?.fresh).toBe(true);
    await clock.advance(1);
    expect(level.get('id')).toBeUndefined();
    expect(level.size).toEqual({ entries: 0, bytes: 0 });
  });

  it('P06: what may still be served stands as it may', async () => {
    level.put(entry('id', { freshMs: 1_000, staleMs: 1_000, errorMs: 2_000 }));
    const standings: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      standings.push(level.get('id')?.standing(clock.monotonic()) ?? 'gone');
      await clock.advance(1_000);
    }
    expect(standings).toEqual(['fresh', 'stale', 'rescue', 'over']);
    await clock.advance(MINUTE_MS);
    expect(level.peek('id')).toBeUndefined();
  });

  it('keeps the entry that was born later, and what is known of its use', () => {
    const first = entry('id', { born: 5 });
    level.put(first);
    first.hits = 7;
    expect(level.put(entry('id', { born: 4 }))).toBe(false);
    expect(level.get('id')).toBe(first);
    const next = entry('id', { born: 6 });
    expect(level.put(next)).toBe(true);
    expect([level.get('id'), next.hits]).toEqual([next, 7]);
  });

  it('takes nothing whose time is over, and leaves no timer behind', async () => {
    expect(level.put(entry('over', { freshMs: 0 }))).toBe(false);
    const before = clock.pending;
    for (let n = 0; n < 50; n += 1) level.put(entry('id', { born: n + 1 }));
    expect(clock.pending).toBe(before + 1);
    level.clear();
    expect(clock.pending).toBe(before);
    await clock.advance(MINUTE_MS);
  });

  it('names what is used most', () => {
    for (const [id, hits] of [
      ['a', 1],
      ['b', 3],
      ['c', 2],
    ] as const) {
      const held = entry(id);
      held.hits = hits;
      level.put(held);
    }
    expect(level.hottest(2).map(({ meta }) => meta.id)).toEqual(['b', 'c']);
  });
});

describe('remaining', () => {
  it('experiment 23: a clock that is an hour ahead, or a longer policy of before, makes nothing live longer', () => {
    const now = 1_000_000_000;
    const hour = 3_600_000;
    const meta = tierMeta('id', now, {
      freshUntil: now + hour,
      staleUntil: now + 2 * hour,
      errorUntil: now + 2 * hour,
    });
    const policy = { ttlMs: 60_000, staleWhileRevalidateMs: 5_000, staleIfErrorMs: 7_000 };
    expect(remaining(meta, now, policy)).toEqual({ freshMs: 60_000, staleMs: 65_000, errorMs: 67_000 });
    expect(remaining(meta, now + hour + 10_000, policy).freshMs).toBe(-10_000);
  });
});
