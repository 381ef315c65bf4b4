import type { CacheLevel, CacheObserver, LoadResult, LookupResult, TierLevel, WriteResult } from '@mcp-cluster/cache';
import type { CacheType } from '@mcp-cluster/protocol';

/** Counts what a cache tells of itself, by words: `l2 hit`, `wrote l3 ok`, `loaded error`, `waited process`. */
export class CountingObserver implements CacheObserver {
  private readonly counts = new Map<string, number>();

  count(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  /** All that was counted since the last call. */
  take(): Record<string, number> {
    const all = Object.fromEntries(this.counts);
    this.counts.clear();
    return all;
  }

  looked(level: CacheLevel, _type: CacheType, result: LookupResult): void {
    this.add(`${level} ${result}`);
  }

  wrote(level: CacheLevel, result: WriteResult): void {
    this.add(`wrote ${level} ${result}`);
  }

  evicted(): void {
    this.add('evicted');
  }

  invalidated(own: boolean): void {
    this.add(own ? 'invalidated own' : 'invalidated heard');
  }

  loaded(_type: CacheType, result: LoadResult): void {
    this.add(`loaded ${result}`);
  }

  waited(where: 'process' | 'cluster'): void {
    this.add(`waited ${where}`);
  }

  rescued(): void {
    this.add('rescued');
  }

  resting(level: TierLevel, resting: boolean): void {
    this.add(`${level} ${resting ? 'rests' : 'wakes'}`);
  }

  private add(what: string): void {
    this.counts.set(what, this.count(what) + 1);
  }
}
