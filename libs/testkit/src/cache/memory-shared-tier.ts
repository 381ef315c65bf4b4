import type { ClaimRequest, EntryMeta, SharedAnswer, SharedTier, TierSize } from '@mcp-cluster/cache';
import type { Clock } from '@mcp-cluster/kernel';
import type { CacheKey } from '@mcp-cluster/protocol';
import { MemoryEntries } from './memory-entries.js';

/** P06: an hour, and below 1 MB. */
const KEEP_MS = 3_600_000;
const ENTRY_BYTES = 1_000_000;
const TIER_BYTES = 256 * 1024 * 1024;
const MAX_READ = 5_000;
const HOT_MS = 30 * 60_000;
const MAX_HOT = 2_000;

interface Held {
  readonly owner: string;
  readonly version: number;
  until: number;
  awaited: boolean;
}

interface Used {
  hits: number;
  until: number;
}

/** The level that the nodes of one process share: each stack is given the same one. */
export class MemorySharedTier implements SharedTier {
  readonly level = 'l2';
  available = true;
  private readonly entries: MemoryEntries;
  private readonly claims = new Map<string, Held>();
  private readonly log = new Map<string, number>();
  private readonly used = new Map<string, Used>();
  private lastVersion = 0;

  constructor(private readonly clock: Clock) {
    this.entries = new MemoryEntries(clock, { keepMs: KEEP_MS, entryBytes: ENTRY_BYTES, bytes: TIER_BYTES });
  }

  /** It forgets everything, as a Redis that was started anew. */
  lose(): void {
    this.entries.lose(this.rise());
    this.claims.clear();
    this.log.clear();
    this.used.clear();
  }

  async get(id: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.entries.get(id));
  }

  async set(meta: EntryMeta, bytes: Uint8Array): Promise<boolean> {
    const kept = this.entries.set(meta, bytes);
    if (kept) this.lastVersion = Math.max(this.lastVersion, meta.born);
    return Promise.resolve(kept);
  }

  async delete(id: string): Promise<boolean> {
    return Promise.resolve(this.entries.delete(id));
  }

  async invalidate(tags: readonly string[], version: number): Promise<number> {
    const given = this.rise(version);
    this.entries.invalidate(tags, given);
    for (const tag of tags) {
      this.log.delete(tag);
      this.log.set(tag, given);
    }
    return Promise.resolve(given);
  }

  async size(): Promise<TierSize> {
    return Promise.resolve(this.entries.size);
  }

  async fetch({ id, tags }: Pick<CacheKey, 'id' | 'tags'>, claim: ClaimRequest): Promise<SharedAnswer> {
    const invalidatedAt = this.entries.lastOf(tags);
    const bytes = this.entries.get(id);
    if (bytes !== undefined) return Promise.resolve({ state: 'hit', bytes, invalidatedAt });
    const held = this.claims.get(id);
    const isLive = held !== undefined && this.clock.now() < held.until;
    // A claim from before an invalidation holds nobody; who waits for it is told by its successor.
    if (isLive && held.version > invalidatedAt) {
      if (held.owner !== claim.owner) {
        held.awaited = true;
        return Promise.resolve({ state: 'taken', invalidatedAt });
      }
      held.until = this.clock.now() + claim.leaseMs;
      return Promise.resolve({ state: 'claimed', version: held.version, invalidatedAt });
    }
    const version = this.rise();
    const until = this.clock.now() + claim.leaseMs;
    this.claims.set(id, { owner: claim.owner, version, until, awaited: isLive && held.awaited });
    return Promise.resolve({ state: 'claimed', version, invalidatedAt });
  }

  async renew(id: string, version: number, claim: ClaimRequest): Promise<boolean> {
    const held = this.holds(id, version, claim);
    if (held !== undefined) held.until = this.clock.now() + claim.leaseMs;
    return Promise.resolve(held !== undefined);
  }

  async settle(
    id: string,
    version: number,
    claim: ClaimRequest,
    entry: { readonly meta: EntryMeta; readonly bytes: Uint8Array } | undefined,
  ): Promise<{ readonly kept: boolean; readonly awaited: boolean }> {
    const held = this.holds(id, version, claim);
    if (held === undefined) return Promise.resolve({ kept: false, awaited: false });
    this.claims.delete(id);
    const kept = entry !== undefined && this.entries.set(entry.meta, entry.bytes);
    return Promise.resolve({ kept, awaited: held.awaited });
  }

  async invalidationsSince(version: number): Promise<readonly { readonly tag: string; readonly version: number }[]> {
    const all = [...this.log].map(([tag, at]) => ({ tag, version: at }));
    return Promise.resolve(all.filter((one) => one.version >= version).slice(0, MAX_READ));
  }

  async reportHits(hits: readonly { readonly id: string; readonly hits: number }[]): Promise<void> {
    for (const { id, hits: more } of hits) {
      const hits = (this.used.get(id)?.hits ?? 0) + more;
      this.used.set(id, { hits, until: this.clock.now() + HOT_MS });
    }
    const ranked = [...this.used].sort(([, a], [, b]) => b.hits - a.hits);
    for (const [id] of ranked.slice(MAX_HOT)) this.used.delete(id);
    return Promise.resolve();
  }

  async hottest(count: number): Promise<readonly string[]> {
    const live = [...this.used].filter(([, { until }]) => this.clock.now() < until);
    const ranked = live.sort(([, a], [, b]) => b.hits - a.hits);
    return Promise.resolve(ranked.slice(0, count).map(([id]) => id));
  }

  async getMany(ids: readonly string[]): Promise<readonly Uint8Array[]> {
    return Promise.resolve(ids.flatMap((id) => this.entries.get(id) ?? []));
  }

  private holds(id: string, version: number, claim: ClaimRequest): Held | undefined {
    const held = this.claims.get(id);
    const isHis = held?.owner === claim.owner && held.version === version && this.clock.now() < held.until;
    return isHis ? held : undefined;
  }

  private rise(least = 0): number {
    this.lastVersion = Math.max(1_000 * this.clock.now(), this.lastVersion + 1, least + 1);
    return this.lastVersion;
  }
}
