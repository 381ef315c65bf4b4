import type { ClaimRequest, EntryMeta, SharedAnswer, SharedTier, TierSize } from '@mcp-cluster/cache';
import { IdSource, systemRng } from '@mcp-cluster/kernel';
import type { CacheKey } from '@mcp-cluster/protocol';
import type { Background, Clock } from '@mcp-cluster/kernel';
import type { Store } from '../connection/store.js';
import { Headroom } from './headroom.js';
import { FETCH, RENEW, SETTLE } from './claim.scripts.js';
import { DELETE, LOOK, READ, READ_MANY, SET, SIZE, WRITE } from './entry.scripts.js';
import { HitBuckets } from './hit-buckets.js';
import { InvalidationLog } from './invalidation-log.js';
import { entryBytes, joinTags, storedEntry, type StoredEntry } from './stored-entry.js';

/** What Redis copies in some milliseconds, and a slow network carries within the limit of a call. */
const MAX_REPLY_BYTES = 4 * 1024 * 1024;
/** Redis looks at so many in some milliseconds. */
const MAX_KEYS_AT_ONCE = 500;
/** Of one `getMany`: more than a node wants to read before it is ready. */
const MAX_MANY_BYTES = 16 * MAX_REPLY_BYTES;

/** Redis looks at so many keys in less than a millisecond. */
const SAMPLED_KEYS = 1_000;

/** What was written for a script that never came is gone after so long. */
const WRITTEN_MS = 10_000;

/** A large entry that is replaced again and again while it is read: who asks is told to wait. */
const MAX_READS = 3;

export interface RedisCacheOptions {
  /** How many invalidations are remembered; the default is 100,000. Beyond it, what is older than the oldest is not good. */
  readonly mostInvalidations?: number;
  /** With both, a Redis that does not evict is not filled up: Headroom. */
  readonly clock?: Clock;
  readonly background?: Background;
}

/** As long as its state asks: taken has no version, a claim no entry, and of a large entry there is null in its place. */
type FetchReply = readonly [state: Buffer, invalidatedAt: number, version?: number, small?: Buffer | null];

/**
 * The second level, in a Redis that may evict and forget whatever it wants: each loss is a miss. What gets lost of the
 * log of invalidations takes the entries of this level with it.
 *
 * Large values are read and written by plain commands, beside scripts that judge them by their headers. A large hit takes
 * two round trips for that, everything else one.
 * Every method rejects with the LocalErrors of its Store. A key of ours that holds somebody else's data is
 * `store_script_failed`, or a miss, and stays as it is.
 */
export class RedisCacheTier implements SharedTier {
  readonly level = 'l2';
  private readonly log: InvalidationLog;
  private readonly hits: HitBuckets;
  private readonly names = new IdSource(systemRng);
  private readonly entryPrefix: string;
  private readonly claimPrefix: string;
  private readonly writtenPrefix: string;
  private readonly headroom: Headroom | undefined;

  constructor(
    private readonly store: Store,
    { mostInvalidations, clock, background }: RedisCacheOptions = {},
  ) {
    if (clock !== undefined && background !== undefined) this.headroom = new Headroom(store, clock, background);
    this.log = new InvalidationLog(store, mostInvalidations);
    this.hits = new HitBuckets(store);
    this.entryPrefix = store.key('cache', 'entry', '');
    this.claimPrefix = store.key('cache', 'claim', '');
    this.writtenPrefix = store.key('cache', 'written', '');
  }

  get available(): boolean {
    return this.store.available;
  }

  async get(id: string): Promise<Uint8Array | undefined> {
    const key = this.entryPrefix + id;
    const [whole, [born]] = (await Promise.all([
      this.store.runBuffers(READ, [key], []),
      this.store.run(LOOK, [this.log.key, key], [MAX_REPLY_BYTES]),
    ])) as [Buffer | null, number[]];
    return entryBytes(whole, born ?? 0);
  }

  async set(meta: EntryMeta, bytes: Uint8Array): Promise<boolean> {
    const entry = this.headroom?.allows === false ? undefined : storedEntry(meta, bytes);
    if (entry === undefined) return false;
    const written = this.writtenPrefix + this.names.next();
    const [, kept] = await Promise.all([
      this.write(written, entry),
      this.store.run(SET, [this.log.key, this.entryPrefix + meta.id, written], entry.args),
    ]);
    return kept === 1;
  }

  async delete(id: string): Promise<boolean> {
    return (await this.store.run(DELETE, [this.entryPrefix + id], [])) === 1;
  }

  invalidate(tags: readonly string[], version: number): Promise<number> {
    return this.log.add(tags, version);
  }

  /** An estimate, see SIZE; bytes with their headers of some hundred each. */
  async size(): Promise<TierSize> {
    const [entries, bytes] = (await this.store.run(SIZE, [], [this.entryPrefix, SAMPLED_KEYS])) as [number, number];
    return { entries, bytes };
  }

  async fetch({ id, tags }: Pick<CacheKey, 'id' | 'tags'>, claim: ClaimRequest): Promise<SharedAnswer> {
    const keys = this.keys(id);
    const args = [claim.owner, leaseOf(claim), joinTags(tags), ...tags];
    for (let reads = 1; ; reads += 1) {
      const reply = (await this.store.runBuffers(FETCH, keys, args)) as FetchReply;
      const [, invalidatedAt, version, small] = reply;
      if (version === undefined) return { state: 'taken', invalidatedAt };
      if (small === undefined) return { state: 'claimed', version, invalidatedAt };
      const whole = small ?? (await this.store.runBuffers(READ, keys.slice(1, 2), []));
      const bytes = entryBytes(whole as Buffer | null, version);
      if (bytes !== undefined) return { state: 'hit', bytes, invalidatedAt };
      if (reads === MAX_READS) return { state: 'taken', invalidatedAt };
    }
  }

  async renew(id: string, version: number, claim: ClaimRequest): Promise<boolean> {
    return (await this.store.run(RENEW, this.keys(id), [claim.owner, leaseOf(claim), version])) === 1;
  }

  async settle(
    id: string,
    version: number,
    claim: ClaimRequest,
    entry: { readonly meta: EntryMeta; readonly bytes: Uint8Array } | undefined,
  ): Promise<{ readonly kept: boolean; readonly awaited: boolean }> {
    const stored = entry && this.headroom?.allows !== false ? storedEntry(entry.meta, entry.bytes) : undefined;
    const written = stored && this.writtenPrefix + this.names.next();
    const [, reply] = await Promise.all([
      written && this.write(written, stored),
      this.store.run(
        SETTLE,
        [...this.keys(id), ...(written === undefined ? [] : [written])],
        [claim.owner, version, ...(stored?.args ?? [])],
      ),
    ]);
    const [kept, awaited] = reply as [number, number];
    return { kept: kept === 1, awaited: awaited === 1 };
  }

  invalidationsSince(version: number): Promise<readonly { readonly tag: string; readonly version: number }[]> {
    return this.log.since(version);
  }

  reportHits(hits: readonly { readonly id: string; readonly hits: number }[]): Promise<void> {
    return this.hits.add(hits);
  }

  hottest(count: number): Promise<readonly string[]> {
    return this.hits.top(count);
  }

  /** Reads replies of at most 4 MiB, one after the other, and no more of them when it has 64 MiB. */
  async getMany(ids: readonly string[]): Promise<readonly Uint8Array[]> {
    const all: Uint8Array[] = [];
    let bytes = 0;
    for (let from = 0; from < ids.length && bytes < MAX_MANY_BYTES;) {
      const keys = ids.slice(from, from + MAX_KEYS_AT_ONCE).map((id) => this.entryPrefix + id);
      const looked = (await this.store.run(LOOK, [this.log.key, ...keys], [MAX_REPLY_BYTES])) as number[];
      from += looked.length;
      const good = keys.filter((_key, at) => (looked[at] ?? 0) > 0);
      if (good.length === 0) continue;
      const born = looked.filter((version) => version > 0);
      const wholes = (await this.store.runBuffers(READ_MANY, good, [])) as (Buffer | null)[];
      for (const [at, whole] of wholes.entries()) {
        const value = entryBytes(whole, born[at] ?? 0);
        if (value === undefined) continue;
        bytes += value.length;
        all.push(value);
      }
    }
    return all;
  }

  private write(written: string, { whole }: StoredEntry): Promise<unknown> {
    return this.store.run(WRITE, [written], [whole, 'PX', WRITTEN_MS]);
  }

  private keys(id: string): string[] {
    return [this.log.key, this.entryPrefix + id, this.claimPrefix + id];
  }
}

/** Redis takes whole milliseconds, at least one. */
function leaseOf({ leaseMs }: ClaimRequest): number {
  return Math.max(1, Math.ceil(leaseMs));
}
