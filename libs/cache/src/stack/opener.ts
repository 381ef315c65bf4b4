import { errorCode, type Clock } from '@mcp-cluster/kernel';
import type { CacheKey, CacheQuery } from '@mcp-cluster/protocol';
import type { CacheObserver } from '../cache.observer.js';
import { Held, remaining } from '../l1/held.js';
import { weigh } from '../l1/weight.js';
import type { EntryMeta, TierLevel } from '../tier/tier.js';
import type { EntryCodec } from './entry-codec.js';
import type { Invalidations } from './invalidations.js';
import type { VersionClock } from './version-clock.js';

export interface OpenerParts {
  readonly clock: Clock;
  readonly codec: EntryCodec;
  readonly invalidations: Invalidations;
  readonly versions: VersionClock;
  readonly observer: CacheObserver;
}

/** Where bytes came from, and what is known of their key's invalidations. */
export interface Found {
  readonly level: TierLevel;
  readonly bytes: Uint8Array;
  /** By the shared level; undefined when it was not heard: then this process' own knowledge has to do. */
  readonly invalidatedAt: number | undefined;
  /** Milliseconds for which an entry has to be fresh to be of use; undefined: stale ones are, too. */
  readonly aheadMs: number | undefined;
}

/** Makes entries of bytes, and trusts none of them. */
export class Opener {
  constructor(private readonly parts: OpenerParts) {}

  /** @returns undefined for what is damaged, another key's, or invalidated: it is better forgotten */
  async open(query: CacheQuery<unknown>, found: Found): Promise<Held | undefined> {
    const { clock, codec, observer } = this.parts;
    const { key, policy } = query;
    const { level } = found;
    try {
      const { meta, value } = await codec.decode(found.bytes, key);
      if (meta.id !== key.id || meta.owner !== key.owner) {
        observer.looked(level, key.type, 'foreign');
        return undefined;
      }
      if (!this.isGood(meta, key, found)) {
        observer.looked(level, key.type, 'miss');
        return undefined;
      }
      const held = this.hold(meta, value, policy);
      observer.looked(level, key.type, usefulness(held, clock.monotonic(), found.aheadMs));
      return held;
    } catch (thrown) {
      observer.looked(level, key.type, errorCode(thrown) === 'cache_foreign' ? 'foreign' : 'corrupt');
      return undefined;
    }
  }

  /** Makes an entry of what was decoded or loaded, and is good now. */
  hold(meta: EntryMeta, value: unknown, policy: CacheQuery<unknown>['policy'] | undefined): Held {
    const { clock, invalidations } = this.parts;
    const wall = clock.now();
    const left = remaining(meta, wall, policy);
    const at = { wall, monotonic: clock.monotonic() };
    return new Held(meta, value, weigh(value), invalidations.generation, left, at);
  }

  private isGood({ born, tags }: EntryMeta, key: CacheKey, { level, invalidatedAt }: Found): boolean {
    const { invalidations, versions } = this.parts;
    // The tags of the key are today's; the entry's are those of whoever made it.
    if (born <= (invalidatedAt ?? 0) || !invalidations.isNotKnownBad(born, key.tags)) return false;
    if (level !== 'l2' && !versions.isPossible(born)) return false;
    versions.heard(born);
    return invalidatedAt === undefined ? invalidations.isGood(born, tags) : invalidations.isNotKnownBad(born, tags);
  }
}

function usefulness(held: Held, at: number, aheadMs: number | undefined): 'hit' | 'stale' | 'miss' {
  if (aheadMs !== undefined) return held.freshEnd - at > aheadMs ? 'hit' : 'miss';
  const standing = held.standing(at);
  if (standing === 'fresh') return 'hit';
  return standing === 'stale' ? 'stale' : 'miss';
}
