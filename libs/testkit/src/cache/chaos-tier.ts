import type { CacheTier, ClaimRequest, EntryMeta, SharedAnswer, SharedTier, TierSize } from '@mcp-cluster/cache';
import type { CacheKey } from '@mcp-cluster/protocol';
import type { Chaos } from './chaos.js';

/** A level as a node sees it when the way to it, or the level itself, is ill. */
export class ChaosTier<T extends CacheTier = CacheTier> implements CacheTier {
  constructor(
    protected readonly tier: T,
    readonly chaos: Chaos,
  ) {}

  get level(): T['level'] {
    return this.tier.level;
  }

  get(id: string): Promise<Uint8Array | undefined> {
    return this.chaos.call(async () => {
      if (this.chaos.loses) await this.tier.delete(id);
      const bytes = await this.tier.get(id);
      return bytes && this.chaos.damaged(bytes);
    });
  }

  set(meta: EntryMeta, bytes: Uint8Array): Promise<boolean> {
    return this.chaos.call(() => this.tier.set(meta, bytes));
  }

  delete(id: string): Promise<boolean> {
    return this.chaos.call(() => this.tier.delete(id));
  }

  invalidate(tags: readonly string[], version: number): Promise<number> {
    return this.chaos.call(() => this.tier.invalidate(tags, version));
  }

  size(): Promise<TierSize> {
    return this.chaos.call(() => this.tier.size());
  }
}

export class ChaosSharedTier extends ChaosTier<SharedTier> implements SharedTier {
  get available(): boolean {
    return this.tier.available;
  }

  fetch(key: Pick<CacheKey, 'id' | 'tags'>, claim: ClaimRequest): Promise<SharedAnswer> {
    return this.chaos.call(async () => {
      if (this.chaos.loses) await this.tier.delete(key.id);
      const answer = await this.tier.fetch(key, claim);
      return answer.state === 'hit' ? { ...answer, bytes: this.chaos.damaged(answer.bytes) } : answer;
    });
  }

  renew(id: string, version: number, claim: ClaimRequest): Promise<boolean> {
    return this.chaos.call(() => this.tier.renew(id, version, claim));
  }

  settle(
    id: string,
    version: number,
    claim: ClaimRequest,
    entry: { readonly meta: EntryMeta; readonly bytes: Uint8Array } | undefined,
  ): Promise<{ readonly kept: boolean; readonly awaited: boolean }> {
    return this.chaos.call(() => this.tier.settle(id, version, claim, entry));
  }

  invalidationsSince(version: number): Promise<readonly { readonly tag: string; readonly version: number }[]> {
    return this.chaos.call(() => this.tier.invalidationsSince(version));
  }

  reportHits(hits: readonly { readonly id: string; readonly hits: number }[]): Promise<void> {
    return this.chaos.call(() => this.tier.reportHits(hits));
  }

  hottest(count: number): Promise<readonly string[]> {
    return this.chaos.call(() => this.tier.hottest(count));
  }

  getMany(ids: readonly string[]): Promise<readonly Uint8Array[]> {
    return this.chaos.call(async () => (await this.tier.getMany(ids)).map((bytes) => this.chaos.damaged(bytes)));
  }
}
