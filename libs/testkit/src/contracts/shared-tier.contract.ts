import type { ClaimRequest, EntryMeta, SharedTier } from '@mcp-cluster/cache';
import { beforeEach, describe, expect, it } from 'vitest';
import { tierBytes, tierMeta } from './cache-tier.contract.js';

export interface SharedTierHarness {
  /** Two nodes' views of the same empty level. */
  readonly first: SharedTier;
  readonly second: SharedTier;
  /** The level's wall time, milliseconds: what the times of entries are compared with. */
  now(): number;
  /** Lets time pass for the level. */
  elapse(ms: number): Promise<void>;
}

export type OpenSharedTier = () => Promise<SharedTierHarness>;

export const LEASE_MS = 10_000;
/** A life of a node, as it asks for claims. */
export const claimOf = (owner: string): ClaimRequest => ({ owner, leaseMs: LEASE_MS });

const [A, B] = [claimOf('node-a/1'), claimOf('node-b/1')];
const KEY = { id: 'id', tags: ['everything', 'id', 'red'] } as const;

/** The version of a claim that must be granted. */
export async function granted(tier: SharedTier, key: Parameters<SharedTier['fetch']>[0], claim: ClaimRequest) {
  const answer = await tier.fetch(key, claim);
  expect(answer.state).toBe('claimed');
  return answer.state === 'claimed' ? answer.version : 0;
}

/** What every SharedTier keeps to of claims, fences and versions; `cacheTierContract` has the rest. `open` gives an empty one. */
export function sharedTierContract(name: string, open: OpenSharedTier): void {
  describe(`${name}: the level that all nodes share`, () => {
    let harness: SharedTierHarness;
    let first: SharedTier;
    let second: SharedTier;
    beforeEach(async () => {
      harness = await open();
      ({ first, second } = harness);
    });

    const entry = (born: number, bytes = tierBytes(100), over: Partial<EntryMeta> = {}) => ({
      meta: tierMeta(KEY.id, harness.now(), { tags: KEY.tags, born, ...over }),
      bytes,
    });
    /** As plain bytes, or in what other state it is. */
    const found = async (tier: SharedTier, claim: ClaimRequest): Promise<Uint8Array | string> => {
      const answer = await tier.fetch(KEY, claim);
      return answer.state === 'hit' ? new Uint8Array(answer.bytes) : answer.state;
    };

    it('P06: one node loads what is missing, the other is told so, and then both have it', async () => {
      const version = await granted(first, KEY, A);
      expect(await found(second, B)).toBe('taken');
      expect(await first.settle(KEY.id, version, A, entry(version))).toEqual({ kept: true, awaited: true });
      expect([await found(first, A), await found(second, B)]).toEqual([tierBytes(100), tierBytes(100)]);
      await granted(second, { id: 'other', tags: ['everything', 'other'] }, B);
    });

    it('experiment 18: of a hundred that ask at once one gets the claim', async () => {
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, n) => (n % 2 === 0 ? first : second).fetch(KEY, claimOf(`node-${n}/1`))),
      );
      const states = answers.map(({ state }) => state);
      expect(states.filter((state) => state === 'claimed')).toHaveLength(1);
      expect(states.filter((state) => state === 'taken')).toHaveLength(99);
    });

    it('says whether anybody waits: the holder itself is nobody', async () => {
      const version = await granted(first, KEY, A);
      await granted(first, KEY, A);
      expect(await first.settle(KEY.id, version, A, undefined)).toEqual({ kept: false, awaited: false });
      const next = await granted(first, KEY, A);
      expect(await found(second, B)).toBe('taken');
      expect(await found(second, B)).toBe('taken');
      // A renewal forgets nobody.
      await granted(first, KEY, A);
      expect(await first.settle(KEY.id, next, A, undefined)).toEqual({ kept: false, awaited: true });
    });

    it('a claim that was given back is free, with a higher version, and can be settled once', async () => {
      const version = await granted(first, KEY, A);
      await first.settle(KEY.id, version, A, undefined);
      const next = await granted(second, KEY, B);
      expect(next).toBeGreaterThan(version);
      expect(await first.settle(KEY.id, version, A, entry(version))).toEqual({ kept: false, awaited: false });
      expect(await second.settle(KEY.id, next, B, entry(next))).toEqual({ kept: true, awaited: false });
      expect(await second.settle(KEY.id, next, B, entry(next, tierBytes(1)))).toEqual({ kept: false, awaited: false });
      expect(await found(first, A)).toEqual(tierBytes(100));
    });

    it('asking again renews a claim of one’s own, which keeps its version', async () => {
      const version = await granted(first, KEY, A);
      await harness.elapse(LEASE_MS - 2_000);
      expect(await granted(first, KEY, A)).toBe(version);
      await harness.elapse(LEASE_MS - 2_000);
      expect(await found(second, B)).toBe('taken');
    });

    it('another life of a node does not own the claims of the one before', async () => {
      const version = await granted(first, KEY, A);
      const reborn = claimOf('node-a/2');
      expect(await found(first, reborn)).toBe('taken');
      expect(await first.renew(KEY.id, version, reborn)).toBe(false);
      expect(await first.settle(KEY.id, version, reborn, entry(version))).toEqual({ kept: false, awaited: false });
      expect(await first.settle(KEY.id, version, A, entry(version))).toEqual({ kept: true, awaited: true });
    });

    it('experiment 5: a claim ends with its lease; who comes back late writes nothing and ends nothing', async () => {
      const version = await granted(first, KEY, A);
      await harness.elapse(LEASE_MS + 1);
      const next = await granted(second, KEY, B);
      expect(next).toBeGreaterThan(version);
      expect(await first.renew(KEY.id, version, A)).toBe(false);
      expect(await first.settle(KEY.id, version, A, entry(version))).toEqual({ kept: false, awaited: false });
      expect(await found(first, A)).toBe('taken');
      expect(await second.settle(KEY.id, next, B, entry(next))).toEqual({ kept: true, awaited: true });
    });

    it('a claim that has ended is lost, also when nobody else has it', async () => {
      const version = await granted(first, KEY, A);
      await harness.elapse(LEASE_MS + 1);
      expect(await first.renew(KEY.id, version, A)).toBe(false);
      expect(await first.settle(KEY.id, version, A, entry(version))).toEqual({ kept: false, awaited: false });
      expect(await found(second, B)).toBe('claimed');
    });

    it('a claim is lengthened by its holder alone', async () => {
      const version = await granted(first, KEY, A);
      await harness.elapse(LEASE_MS - 2_000);
      expect([await second.renew(KEY.id, version, B), await first.renew(KEY.id, version + 1, A)]).toEqual([
        false,
        false,
      ]);
      expect(await first.renew(KEY.id, version, A)).toBe(true);
      await harness.elapse(LEASE_MS - 2_000);
      expect(await found(second, B)).toBe('taken');
      expect(await first.settle(KEY.id, version, A, entry(version))).toEqual({ kept: true, awaited: true });
      expect(await first.renew(KEY.id, version, A)).toBe(false);
    });

    it('a load from before an invalidation is not kept, and keeps nobody waiting', async () => {
      const version = await granted(first, KEY, A);
      const waiting = claimOf('node-c/1');
      expect(await found(second, waiting)).toBe('taken');
      const invalidatedAt = await second.invalidate(['red'], 0);
      const next = await granted(second, KEY, B);
      expect(next).toBeGreaterThan(invalidatedAt);
      expect(await first.settle(KEY.id, version, A, entry(version))).toEqual({ kept: false, awaited: false });
      // Who waited for the first load hears of the second one.
      expect(await second.settle(KEY.id, next, B, entry(next))).toEqual({ kept: true, awaited: true });
      expect(await first.fetch(KEY, A)).toMatchObject({ state: 'hit', invalidatedAt });
    });

    it('a load from before an invalidation is not kept where nobody else asked, and the next one is', async () => {
      const version = await granted(first, KEY, A);
      await first.invalidate(['red'], 0);
      expect(await first.settle(KEY.id, version, A, entry(version))).toEqual({ kept: false, awaited: false });
      const old = await granted(first, KEY, A);
      await second.invalidate(['red'], 0);
      // The same node asks for what it loads already: what that brings cannot be kept any more, so it has a new claim.
      const newer = await granted(first, KEY, A);
      expect(newer).toBeGreaterThan(old);
      expect((await first.settle(KEY.id, old, A, entry(old))).kept).toBe(false);
      expect((await first.settle(KEY.id, newer, A, entry(newer))).kept).toBe(true);
    });

    it('an invalidation is seen by every node, and concerns what carries its tag', async () => {
      const version = await granted(first, KEY, A);
      await first.settle(KEY.id, version, A, entry(version));
      const other = { id: 'other', tags: ['everything', 'other', 'blue'] };
      const another = await granted(first, other, A);
      const meta = tierMeta(other.id, harness.now(), { tags: other.tags, born: another });
      await first.settle(other.id, another, A, { meta, bytes: tierBytes(5) });
      const invalidatedAt = await second.invalidate(['red'], 0);
      expect(await first.fetch(KEY, A)).toMatchObject({ state: 'claimed', invalidatedAt });
      expect(await second.fetch(KEY, B)).toEqual({ state: 'taken', invalidatedAt });
      const kept = await second.fetch(other, B);
      expect(kept.state).toBe('hit');
      expect(kept.invalidatedAt).toBeLessThan(another);
    });

    it('what was found elsewhere is kept without a claim, unless it is the older one, and waits are over', async () => {
      const version = await granted(first, KEY, A);
      expect(await second.set(entry(version, tierBytes(7)).meta, tierBytes(7))).toBe(true);
      expect(await found(second, B)).toEqual(tierBytes(7));
      await first.settle(KEY.id, version, A, entry(version));
      expect(await second.set(entry(version - 1).meta, tierBytes(7))).toBe(false);
      expect(await found(second, B)).toEqual(tierBytes(100));
    });

    it('a settled load does not replace an entry that was born later', async () => {
      const version = await granted(first, KEY, A);
      expect(await second.set(entry(version + 5).meta, tierBytes(7))).toBe(true);
      expect((await first.settle(KEY.id, version, A, entry(version))).kept).toBe(false);
      expect(await found(second, B)).toEqual(tierBytes(7));
    });

    it('versions rise strictly, whoever asks for what, and are above what a node gave itself', async () => {
      const ask = async (n: number): Promise<number> => {
        const [tier, claim] = n % 2 === 0 ? ([first, A] as const) : ([second, B] as const);
        if (n % 3 === 0) return tier.invalidate([`tag-${n}`, 'red'], 0);
        return granted(tier, { id: `id-${n}`, tags: ['everything'] }, claim);
      };
      let highest = 0;
      for (let n = 0; n < 30; n += 1) {
        const version = await ask(n);
        expect(version).toBeGreaterThan(highest);
        highest = version;
      }
      const many = await Promise.all(Array.from({ length: 100 }, (_, n) => ask(1_000 + n)));
      expect(new Set(many).size).toBe(100);
      expect(many.every((version) => Number.isSafeInteger(version) && version > highest)).toBe(true);
      // A node that gave versions itself for a while is ahead.
      const ahead = Math.max(...many) + 60_000_000;
      expect(await first.invalidate(['red'], ahead)).toBeGreaterThanOrEqual(ahead);
      const born = (await granted(second, KEY, B)) + 60_000_000;
      expect(born).toBeGreaterThan(ahead);
      expect(await first.set(entry(born).meta, tierBytes(7))).toBe(true);
      expect(await second.invalidate(['red'], 0)).toBeGreaterThan(born);
      expect(await found(first, A)).not.toEqual(tierBytes(7));
    });

    it('P06: an entry ends with the last of its times, and after an hour', async () => {
      const now = harness.now();
      const version = await granted(first, KEY, A);
      const times = { freshUntil: now, staleUntil: now + 20_000, errorUntil: now + 60_000 };
      await first.settle(KEY.id, version, A, entry(version, tierBytes(9), times));
      await harness.elapse(50_000);
      expect(await found(second, B)).toEqual(tierBytes(9));
      await harness.elapse(11_000);
      const next = await granted(second, KEY, B);
      const ages = { errorUntil: harness.now() + 24 * 3_600_000 };
      expect((await second.settle(KEY.id, next, B, entry(next, tierBytes(9), ages))).kept).toBe(true);
      await harness.elapse(3_500_000);
      expect(await found(first, A)).toEqual(tierBytes(9));
      await harness.elapse(101_000);
      await granted(first, KEY, A);
    });

    it('P06: an entry whose time is over is not kept', async () => {
      const version = await granted(first, KEY, A);
      const over = harness.now() - 1_000;
      const times = { freshUntil: over, staleUntil: over, errorUntil: over };
      expect((await first.settle(KEY.id, version, A, entry(version, tierBytes(9), times))).kept).toBe(false);
      await granted(second, KEY, B);
    });

    it('P06: takes entries below 1 MB; the claim of a larger one ends', async () => {
      const version = await granted(first, KEY, A);
      expect(await found(second, B)).toBe('taken');
      expect(await first.settle(KEY.id, version, A, entry(version, new Uint8Array(1_000_000)))).toEqual({
        kept: false,
        awaited: true,
      });
      const next = await granted(second, KEY, B);
      const large = tierBytes(999_999);
      expect((await second.settle(KEY.id, next, B, entry(next, large))).kept).toBe(true);
      const bytes = await found(first, A);
      expect(typeof bytes !== 'string' && Buffer.compare(bytes, large)).toBe(0);
    });
  });
}
