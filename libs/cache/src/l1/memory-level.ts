import type { Clock, Timer } from '@mcp-cluster/kernel';
import { LRUCache } from 'lru-cache';
import type { TierSize } from '../tier/tier.js';
import type { Held } from './held.js';

export interface MemoryLimits {
  /** Default 1,000 (P06). */
  readonly entries: number;
  /** Of all entries together, as they were weighed; default 64 MiB. */
  readonly bytes: number;
  /** Milliseconds without a hit after which an entry goes; default 5 minutes (P06: renewed on get, never more). */
  readonly idleMs: number;
}

export const MEMORY_LIMITS: MemoryLimits = { entries: 1_000, bytes: 64 * 1024 * 1024, idleMs: 5 * 60_000 };

/** An entry that takes more than this share of the level would push out too much of what others use. */
const MAX_SHARE = 1 / 8;

/** Sweeps in the time that an entry may be idle: it goes after nine to ten tenths of it, never later. */
const SWEEPS = 10;

/**
 * The first level: what this process has at hand, least recently used out first.
 *
 * A look asks no clock, which would cost more than all the rest of it: a timer tells each entry when it is no longer
 * fresh, and a sweep counts for how long it was not used. So an entry is given out beyond its time only within the same
 * turn of the event loop. lru-cache has times to live of its own, at the price of two readings of the clock a look.
 */
export class MemoryLevel {
  private readonly lru: LRUCache<string, Held>;
  private readonly maxEntryBytes: number;
  private readonly sweeper: Timer;
  private sweeps = 0;

  /** @param onEvict told when an entry had to go to make room */
  constructor(
    private readonly clock: Clock,
    { entries, bytes, idleMs }: MemoryLimits,
    onEvict: () => void,
  ) {
    this.maxEntryBytes = Math.max(1, Math.floor(bytes * MAX_SHARE));
    this.lru = new LRUCache<string, Held>({
      max: entries,
      maxSize: bytes,
      dispose: (held, _id, reason) => {
        held.timer?.cancel();
        if (reason === 'evict') onEvict();
      },
    });
    this.sweeper = clock.every(idleMs / SWEEPS, () => {
      this.sweep();
    });
  }

  get size(): TierSize {
    return { entries: this.lru.size, bytes: this.lru.calculatedSize };
  }

  /** The entry, which is the most recently used one then. It may be no longer fresh: `held.fresh`, `held.standing()`. */
  get(id: string): Held | undefined {
    const held = this.lru.get(id);
    if (held !== undefined) held.usedAt = this.sweeps;
    return held;
  }

  /** The entry, without using it. */
  peek(id: string): Held | undefined {
    return this.lru.peek(id);
  }

  /**
   * Keeps an entry until the last of its times, in the place of an older one.
   * @returns false when it was not taken: too large, its time is over, or one that was born later is there
   */
  put(held: Held): boolean {
    const { id, born } = held.meta;
    const now = this.clock.monotonic();
    const there = this.lru.peek(id);
    if (there !== undefined && there.meta.born > born) return false;
    if (held.lastEnd <= now || held.bytes > this.maxEntryBytes) {
      // What is there is older than what could not be taken.
      this.lru.delete(id);
      return false;
    }
    held.usedAt = this.sweeps;
    if (there !== undefined && there !== held) held.follow(there);
    this.lru.set(id, held, { size: Math.max(1, Math.ceil(held.bytes)) });
    if (held.fresh) this.watch(held, held.freshEnd - now);
    return true;
  }

  delete(id: string): boolean {
    return this.lru.delete(id);
  }

  clear(): void {
    this.lru.clear();
  }

  /** Empties it, and ends its timers. */
  close(): void {
    this.sweeper.cancel();
    this.lru.clear();
  }

  /** Most recently used first. */
  values(): IterableIterator<Held> {
    return this.lru.values();
  }

  /** The most used first. */
  hottest(count: number): Held[] {
    return [...this.lru.values()].sort((a, b) => b.hits - a.hits).slice(0, count);
  }

  private watch(held: Held, freshMs: number): void {
    held.timer = this.clock.after(freshMs, () => {
      held.fresh = false;
      // What nobody may be given any more takes no room.
      if (held.lastEnd <= held.freshEnd) this.lru.delete(held.meta.id);
    });
  }

  private sweep(): void {
    this.sweeps += 1;
    const now = this.clock.monotonic();
    const gone = [...this.lru.values()].filter((held) => this.sweeps - held.usedAt >= SWEEPS || held.lastEnd <= now);
    for (const { meta } of gone) this.lru.delete(meta.id);
  }
}
