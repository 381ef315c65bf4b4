import type { CacheTier, EntryMeta } from '@mcp-cluster/cache';
import { beforeEach, describe, expect, it } from 'vitest';

export interface CacheTierHarness {
  /** An empty level. */
  readonly tier: CacheTier;
  /** The level's wall time, milliseconds: what the times of entries are compared with. */
  now(): number;
  /** Lets time pass for the level. */
  elapse(ms: number): Promise<void>;
}

export type OpenCacheTier = () => Promise<CacheTierHarness>;

const MINUTE_MS = 60_000;
/** No level keeps anything for longer (P06: L2 an hour, L3 a day). */
const LONGEST_MS = 24 * 60 * MINUTE_MS;
/** No level takes an entry of this size (P06: L2 1 MB). */
const TOO_LARGE = 8 * 1024 * 1024;

/** An entry's meta: fresh for a minute, then over, with its own id among its tags. */
export function tierMeta(id: string, now: number, over: Partial<EntryMeta> = {}): EntryMeta {
  const until = now + MINUTE_MS;
  return {
    id,
    type: 'resource',
    space: 'logs',
    scope: 'public',
    owner: '',
    tags: ['everything', id],
    born: 1_000,
    freshUntil: until,
    staleUntil: until,
    errorUntil: until,
    ...over,
  };
}

/** Bytes of every value, and not the same for two seeds. */
export function tierBytes(length: number, seed = 0): Uint8Array {
  return new Uint8Array(length).map((_, at) => at * 7 + seed);
}

/** What every CacheTier keeps to. `open` gives an empty one. */
export function cacheTierContract(name: string, open: OpenCacheTier): void {
  describe(`${name}: a level of the cache`, () => {
    let harness: CacheTierHarness;
    let tier: CacheTier;
    beforeEach(async () => {
      harness = await open();
      ({ tier } = harness);
    });

    const set = (id: string, over: Partial<EntryMeta> = {}, bytes = tierBytes(100)): Promise<boolean> =>
      tier.set(tierMeta(id, harness.now(), over), bytes);
    /** As plain bytes: levels may give Buffers. */
    const get = async (id: string): Promise<Uint8Array | undefined> => {
      const bytes = await tier.get(id);
      return bytes && new Uint8Array(bytes);
    };

    it('P06: gives the bytes that were set, whatever they are and whole, and nothing for what was not set', async () => {
      const values = [tierBytes(0), tierBytes(1), tierBytes(256), tierBytes(200_000, 3), new Uint8Array(5_000)];
      for (const [at, bytes] of values.entries()) expect(await set(`id-${at}`, {}, bytes)).toBe(true);
      for (const [at, bytes] of values.entries()) expect(await get(`id-${at}`)).toEqual(bytes);
      expect(await get('nobody')).toBeUndefined();
    });

    it('P06: what is set holds what it held when it was set, also of a part of a larger buffer', async () => {
      const whole = tierBytes(1_000);
      const part = whole.subarray(100, 200);
      const expected = Uint8Array.from(part);
      expect(await set('part', {}, part)).toBe(true);
      expect(whole).toHaveLength(1_000);
      whole.fill(0);
      expect(await get('part')).toEqual(expected);
    });

    it('P06: takes a newer entry in the place of one, and never an older one', async () => {
      await set('id', { born: 2_000 }, tierBytes(10, 2));
      expect(await set('id', { born: 1_000 }, tierBytes(10, 1))).toBe(false);
      expect(await get('id')).toEqual(tierBytes(10, 2));
      expect(await set('id', { born: 3_000 }, tierBytes(20, 3))).toBe(true);
      expect(await get('id')).toEqual(tierBytes(20, 3));
      expect((await tier.size()).entries).toBe(1);
    });

    it('forgets an entry, once', async () => {
      await set('id');
      expect([await tier.delete('id'), await tier.delete('id'), await get('id')]).toEqual([true, false, undefined]);
    });

    it('P06: keeps an entry until the last of its times', async () => {
      const now = harness.now();
      await set('fresh', { freshUntil: now + 50_000, staleUntil: now + 50_000, errorUntil: now + 50_000 });
      await set('stale', { freshUntil: now, staleUntil: now + 90_000, errorUntil: now });
      await set('rescue', { freshUntil: now, staleUntil: now, errorUntil: now + 90_000 });
      await harness.elapse(45_000);
      expect(await Promise.all(['fresh', 'stale', 'rescue'].map(get))).not.toContain(undefined);
      await harness.elapse(10_000);
      expect(await get('fresh')).toBeUndefined();
      expect(await Promise.all(['stale', 'rescue'].map(get))).not.toContain(undefined);
      await harness.elapse(36_000);
      expect(await Promise.all(['stale', 'rescue'].map(get))).toEqual([undefined, undefined]);
    });

    it('P06: keeps nothing for longer than a level may, whatever its times say', async () => {
      const until = harness.now() + 30 * LONGEST_MS;
      await set('id', { freshUntil: until, staleUntil: until, errorUntil: until });
      expect(await get('id')).toBeDefined();
      await harness.elapse(LONGEST_MS + 1_000);
      expect(await get('id')).toBeUndefined();
    });

    it('P06: refuses what is too large, and keeps what was there before or nothing, but never a part', async () => {
      await set('id', {}, tierBytes(10));
      expect(await set('id', { born: 2_000 }, new Uint8Array(TOO_LARGE))).toBe(false);
      expect([undefined, 10]).toContain((await get('id'))?.length);
      expect(await get('other')).toBeUndefined();
    });

    it('an invalidation forgets what carries one of its tags and was born by then, and nothing else', async () => {
      await set('one', { tags: ['everything', 'one', 'red'] });
      await set('two', { tags: ['everything', 'two', 'blue'] });
      await set('three', { tags: ['everything', 'three', 'green'] });
      const version = await tier.invalidate(['red', 'blue'], 1_000);
      expect(version).toBeGreaterThanOrEqual(1_000);
      expect(await Promise.all(['one', 'two', 'three'].map(get))).toEqual([undefined, undefined, tierBytes(100)]);
    });

    it('an invalidation leaves what was born after it', async () => {
      const version = await tier.invalidate(['red'], 1_000);
      expect(await set('id', { tags: ['id', 'red'], born: version + 1 })).toBe(true);
      expect(await get('id')).toEqual(tierBytes(100));
      // A node that was late tells of an older one: for a level that gives versions itself it is a new one.
      const again = await tier.invalidate(['red'], 1);
      expect(await get('id')).toEqual(again > version ? undefined : tierBytes(100));
    });

    it('a late write cannot bring back what was invalidated since it was born', async () => {
      const version = await tier.invalidate(['red'], 1_000);
      expect(await set('id', { tags: ['id', 'red'], born: version })).toBe(false);
      expect(await set('id', { tags: ['id', 'red'], born: 1 })).toBe(false);
      expect(await get('id')).toBeUndefined();
      expect(await set('id', { tags: ['id', 'blue'], born: 1 })).toBe(true);
    });

    it('an invalidation is remembered while an entry from before it could be served, and the highest version counts', async () => {
      const high = await tier.invalidate(['red'], 2_000);
      await tier.invalidate(['red'], 1_000);
      await harness.elapse(30 * MINUTE_MS);
      expect(await set('id', { tags: ['id', 'red'], born: high })).toBe(false);
    });

    it('says how much it holds', async () => {
      const ids = Array.from({ length: 8 }, (_, at) => `id-${at}`);
      for (const id of ids) await set(id, {}, tierBytes(5_000));
      const { entries, bytes } = await tier.size();
      expect(entries).toBe(8);
      expect(bytes).toBeGreaterThanOrEqual(40_000);
      for (const id of ids) await tier.delete(id);
      expect((await tier.size()).entries).toBe(0);
    });

    it('a hundred at once: each gets its own', async () => {
      const ids = Array.from({ length: 100 }, (_, at) => `id-${at}`);
      expect(await Promise.all(ids.map((id, at) => set(id, {}, tierBytes(1_000, at))))).not.toContain(false);
      expect(await Promise.all(ids.map(get))).toEqual(ids.map((_, at) => tierBytes(1_000, at)));
    });
  });
}
