import type { CacheType } from '@mcp-cluster/protocol';
import type { MemoryLevel } from '../l1/memory-level.js';

/** One entry of the first level, for people: what it belongs to, never of which arguments. */
export interface HotEntry {
  readonly id: string;
  readonly type: CacheType;
  readonly space: string;
  readonly hits: number;
  /** About, in memory. */
  readonly bytes: number;
}

export interface KeyHits {
  readonly id: string;
  readonly hits: number;
}

/** What the first level is asked for. */
export class HitCounts {
  constructor(private readonly l1: MemoryLevel) {}

  /** Most used first. */
  hottest(count: number): HotEntry[] {
    return this.l1
      .hottest(count)
      .map(({ meta: { id, type, space }, hits, bytes }) => ({ id, type, space, hits, bytes }));
  }

  /** Hits of each key since the last call; those of an entry that went meanwhile are lost. */
  take(): KeyHits[] {
    const taken: KeyHits[] = [];
    for (const held of this.l1.values()) {
      const hits = held.hits - held.reportedHits;
      if (hits > 0) taken.push({ id: held.meta.id, hits });
      held.reportedHits = held.hits;
    }
    return taken;
  }
}
