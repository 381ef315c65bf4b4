import type { SharedTier } from '@mcp-cluster/cache';
import { beforeEach, describe, expect, it } from 'vitest';
import { tierBytes, tierMeta } from './cache-tier.contract.js';
import { claimOf, granted, type OpenSharedTier, type SharedTierHarness } from './shared-tier.contract.js';

/** What every SharedTier keeps to for a node that begins or was away. `open` gives an empty one. */
export function sharedTierWarmContract(name: string, open: OpenSharedTier): void {
  describe(`${name}: a node that begins`, () => {
    let harness: SharedTierHarness;
    let first: SharedTier;
    let second: SharedTier;
    beforeEach(async () => {
      harness = await open();
      ({ first, second } = harness);
    });

    const keep = async (id: string, bytes: Uint8Array, tags: readonly string[] = ['everything', id]): Promise<void> => {
      const claim = claimOf('node-a/1');
      const version = await granted(first, { id, tags }, claim);
      const meta = tierMeta(id, harness.now(), { tags, born: version });
      expect((await first.settle(id, version, claim, { meta, bytes })).kept).toBe(true);
    };
    const sizes = (all: readonly Uint8Array[]): number[] => all.map(({ length }) => length).toSorted((a, b) => a - b);

    it('P06: reads several entries at once: those that are there and good', async () => {
      await keep('one', tierBytes(256));
      await keep('two', tierBytes(2), ['everything', 'two', 'red']);
      await keep('three', tierBytes(3));
      expect(sizes(await second.getMany(['one', 'none', 'two', 'three']))).toEqual([2, 3, 256]);
      await second.invalidate(['red'], 0);
      const left = await second.getMany(['one', 'none', 'two', 'three']);
      expect(left.map((bytes) => new Uint8Array(bytes))).toEqual([tierBytes(256), tierBytes(3)]);
      expect(await first.getMany([])).toEqual([]);
    });

    it('P06: reads many and large ones', async () => {
      for (let n = 0; n < 12; n += 1) await keep(`large-${n}`, new Uint8Array(900_000 + n));
      const ids = Array.from({ length: 1_200 }, (_, n) => (n % 100 === 0 ? `large-${n / 100}` : `none-${n}`));
      expect(sizes(await second.getMany(ids))).toEqual(Array.from({ length: 12 }, (_, n) => 900_000 + n));
    });

    it('P06: is told what all nodes use most, most first', async () => {
      await first.reportHits([
        { id: 'some', hits: 10 },
        { id: 'few', hits: 1 },
        { id: 'most', hits: 9 },
      ]);
      await second.reportHits([{ id: 'most', hits: 9 }]);
      await second.reportHits([]);
      expect(await second.hottest(10)).toEqual(['most', 'some', 'few']);
      expect(await first.hottest(2)).toEqual(['most', 'some']);
      expect(await first.hottest(0)).toEqual([]);
      await harness.elapse(3_600_000);
      expect(await first.hottest(10)).toEqual([]);
    });

    it('P06: what is used most is kept among many that are hardly used', async () => {
      await first.reportHits([
        { id: 'most', hits: 1_000 },
        ...Array.from({ length: 5_000 }, (_, n) => ({ id: `id-${n}`, hits: 1 })),
      ]);
      for (let n = 0; n < 5; n += 1)
        await second.reportHits(Array.from({ length: 1_000 }, (_, m) => ({ id: `more-${n}-${m}`, hits: 2 })));
      const hottest = await first.hottest(10_000);
      expect(hottest[0]).toBe('most');
      expect(hottest.length).toBeLessThan(6_000);
    });

    it('is told what was invalidated while it was away, oldest first', async () => {
      const before = await first.invalidate(['blue'], 0);
      const red = await first.invalidate(['red', 'green'], 0);
      const id = await second.invalidate(['id'], 0);
      const again = await first.invalidate(['green'], 0);
      const since = await second.invalidationsSince(before + 1);
      const versions = since.map(({ version }) => version);
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      expect(new Map(since.map(({ tag, version }) => [tag, version]))).toEqual(
        new Map([
          ['red', red],
          ['id', id],
          ['green', again],
        ]),
      );
      expect((await second.invalidationsSince(0)).map(({ tag }) => tag)).toContain('blue');
      expect(await second.invalidationsSince(again + 1)).toEqual([]);
    });
  });
}
