import type { Timer } from '@mcp-cluster/kernel';
import type { CacheEntry, CachePolicy } from '@mcp-cluster/protocol';
import type { EntryMeta } from '../tier/tier.js';

/**
 * What an entry may be used for now: given out (`fresh`), given out while it is loaded anew behind it (`stale`), given
 * out when loading it anew has failed (`rescue`), nothing (`over`).
 */
export type Standing = 'fresh' | 'stale' | 'rescue' | 'over';

/** For how much longer an entry is good for what, milliseconds; negative when that is over. */
export interface Remaining {
  readonly freshMs: number;
  readonly staleMs: number;
  readonly errorMs: number;
}

/** Timers end after 24.8 days at the latest; an entry of the first level is looked up again after a day. */
const LONGEST_MS = 24 * 3_600_000;

/**
 * What is left of an entry's times. Its reader's policy bounds them: the clock of the node that wrote it may be ahead,
 * and a tool's new version may allow less than the one that made it.
 * @param now wall time of the cluster
 * @param policy undefined where nobody asks for it yet (warm start): its own times alone count
 */
export function remaining(meta: EntryMeta, now: number, policy: CachePolicy | undefined): Remaining {
  const ttlMs = policy?.ttlMs ?? LONGEST_MS;
  const bounded = (until: number, most: number): number => Math.min(until - now, most, LONGEST_MS);
  return {
    freshMs: bounded(meta.freshUntil, ttlMs),
    staleMs: bounded(meta.staleUntil, ttlMs + (policy?.staleWhileRevalidateMs ?? LONGEST_MS)),
    errorMs: bounded(meta.errorUntil, ttlMs + (policy?.staleIfErrorMs ?? LONGEST_MS)),
  };
}

/**
 * An entry in this process: the value as it is given out, never a copy. What a hit reads comes first: it lies together in
 * memory.
 */
export class Held implements CacheEntry<unknown> {
  readonly value: unknown;
  readonly owner: string;
  /** False from `freshEnd` on: its timer says so, so that a hit has to ask no clock. */
  fresh: boolean;
  /** Of the invalidations of which it is known that they do not concern it. */
  generation: number;
  /** The count of sweeps when it was last used. */
  usedAt = 0;
  hits = 0;
  /** How many of the hits were told already. */
  reportedHits = 0;
  readonly freshUntil: number;
  /** Monotonic milliseconds: a wall clock that jumps makes nothing live longer or shorter here. */
  readonly freshEnd: number;
  readonly staleEnd: number;
  readonly errorEnd: number;
  /** It is not refreshed before, monotonic milliseconds: a load that fails is not begun at each look. */
  refreshAt = 0;
  timer: Timer | undefined;

  /** @param bytes what it takes in memory, about */
  constructor(
    readonly meta: EntryMeta,
    value: unknown,
    readonly bytes: number,
    generation: number,
    { freshMs, staleMs, errorMs }: Remaining,
    { wall, monotonic }: { readonly wall: number; readonly monotonic: number },
  ) {
    this.value = value;
    this.owner = meta.owner;
    this.fresh = freshMs > 0;
    this.generation = generation;
    this.freshUntil = wall + freshMs;
    this.freshEnd = monotonic + freshMs;
    this.staleEnd = monotonic + staleMs;
    this.errorEnd = monotonic + errorMs;
  }

  /** It takes the place of another one: what is used much stays so. */
  follow(before: Held): void {
    this.hits = before.hits;
    this.reportedHits = before.reportedHits;
  }

  get lastEnd(): number {
    return Math.max(this.freshEnd, this.staleEnd, this.errorEnd);
  }

  /** @param at monotonic milliseconds */
  standing(at: number): Standing {
    if (at < this.freshEnd) return 'fresh';
    if (at < this.staleEnd) return 'stale';
    return at < this.errorEnd ? 'rescue' : 'over';
  }
}
