import type { EntryMeta, TierSize } from '@mcp-cluster/cache';
import type { Clock } from '@mcp-cluster/kernel';

export interface MemoryEntriesLimits {
  /** Nothing is kept for longer, milliseconds. */
  readonly keepMs: number;
  /** An entry is smaller. */
  readonly entryBytes: number;
  /** Of all entries together; the oldest go. */
  readonly bytes: number;
}

interface Stored {
  readonly meta: EntryMeta;
  readonly bytes: Uint8Array;
  readonly until: number;
}

/** What levels in memory have in common: entries, and the versions at which tags were invalidated. */
export class MemoryEntries {
  private readonly stored = new Map<string, Stored>();
  private readonly invalidated = new Map<string, number>();
  private total = 0;
  /** Of what was invalidated by this version nothing is known any more. */
  private birth = 0;

  constructor(
    private readonly clock: Clock,
    private readonly limits: MemoryEntriesLimits,
  ) {}

  get(id: string): Uint8Array | undefined {
    const there = this.stored.get(id);
    if (there === undefined) return undefined;
    if (this.clock.now() < there.until && there.meta.born > this.lastOf(there.meta.tags)) return there.bytes.slice();
    this.delete(id);
    return undefined;
  }

  set(meta: EntryMeta, bytes: Uint8Array): boolean {
    const now = this.clock.now();
    const until = Math.min(Math.max(meta.freshUntil, meta.staleUntil, meta.errorUntil), now + this.limits.keepMs);
    if (bytes.length >= this.limits.entryBytes || until <= now || meta.born <= this.lastOf(meta.tags)) return false;
    if ((this.stored.get(meta.id)?.meta.born ?? 0) > meta.born) return false;
    this.delete(meta.id);
    this.stored.set(meta.id, { meta, bytes: bytes.slice(), until });
    this.total += bytes.length;
    for (const oldest of this.stored.keys()) {
      if (this.total <= this.limits.bytes) break;
      this.delete(oldest);
    }
    return true;
  }

  delete(id: string): boolean {
    const there = this.stored.get(id);
    if (there === undefined) return false;
    this.total -= there.bytes.length;
    return this.stored.delete(id);
  }

  invalidate(tags: readonly string[], version: number): void {
    for (const tag of tags) this.invalidated.set(tag, Math.max(version, this.invalidated.get(tag) ?? 0));
  }

  /** An entry with these tags is good if it was born after this. */
  lastOf(tags: readonly string[]): number {
    return Math.max(this.birth, ...tags.map((tag) => this.invalidated.get(tag) ?? 0));
  }

  /** All is lost, also what was invalidated: so nothing that was born by this version can be good. */
  lose(version: number): void {
    this.stored.clear();
    this.invalidated.clear();
    this.total = 0;
    this.birth = version;
  }

  /** Only what is good counts. */
  get size(): TierSize {
    for (const id of [...this.stored.keys()]) this.get(id);
    return { entries: this.stored.size, bytes: this.total };
  }
}
