import type { CacheTier, EntryMeta, TierSize } from '@mcp-cluster/cache';
import type { Clock } from '@mcp-cluster/kernel';
import { MemoryEntries } from './memory-entries.js';

/** P06: a day. */
const KEEP_MS = 24 * 3_600_000;
const ENTRY_BYTES = 4 * 1024 * 1024;
const TIER_BYTES = 256 * 1024 * 1024;

/** A third level that forgets nothing but what it has to: it outlives the stacks that use it, as a disk does. */
export class MemoryTier implements CacheTier {
  readonly level = 'l3';
  private readonly entries: MemoryEntries;

  constructor(clock: Clock) {
    this.entries = new MemoryEntries(clock, { keepMs: KEEP_MS, entryBytes: ENTRY_BYTES, bytes: TIER_BYTES });
  }

  async get(id: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.entries.get(id));
  }

  async set(meta: EntryMeta, bytes: Uint8Array): Promise<boolean> {
    return Promise.resolve(this.entries.set(meta, bytes));
  }

  async delete(id: string): Promise<boolean> {
    return Promise.resolve(this.entries.delete(id));
  }

  async invalidate(tags: readonly string[], version: number): Promise<number> {
    this.entries.invalidate(tags, version);
    return Promise.resolve(version);
  }

  async size(): Promise<TierSize> {
    return Promise.resolve(this.entries.size);
  }
}
