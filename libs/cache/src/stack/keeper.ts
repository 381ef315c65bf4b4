import type { CacheObserver } from '../cache.observer.js';
import type { Held } from '../l1/held.js';
import type { MemoryLevel } from '../l1/memory-level.js';
import type { EntryMeta } from '../tier/tier.js';
import type { Claim } from './claim.js';
import type { DiskLevel } from './disk-level.js';
import type { EntryCodec } from './entry-codec.js';
import type { SharedLevel } from './shared-level.js';
import type { WriteBudget } from './write-budget.js';

export interface KeeperParts {
  readonly l1: MemoryLevel;
  readonly shared: SharedLevel | undefined;
  readonly disk: DiskLevel | undefined;
  readonly codec: EntryCodec;
  readonly budget: WriteBudget;
  readonly observer: CacheObserver;
}

/** Puts entries into the levels: into the first at once, into the others behind the callers. */
export class Keeper {
  constructor(private readonly parts: KeeperParts) {}

  /** Into the first level. */
  hold(held: Held): void {
    this.parts.observer.wrote('l1', this.parts.l1.put(held) ? 'ok' : 'refused');
  }

  /** What was loaded, into all levels. @param claim this node's, settled with it */
  keep(held: Held, claim: Claim | undefined): void {
    this.hold(held);
    const { shared, disk, codec, budget, observer } = this.parts;
    const toShared = shared?.inUse === true;
    const toDisk = disk?.keeps(held.meta.type) === true && !disk.resting;
    if (shared !== undefined && !toShared) observer.wrote('l2', 'skipped');
    if (!toShared) claim?.giveUp();
    if (!toShared && !toDisk) return;
    const begun = budget.run('cache-write', held.bytes, async () => {
      let bytes: Uint8Array;
      try {
        bytes = await codec.encode(held.meta, held.value);
      } catch {
        // Of a kind that no format carries: it stays in this process.
        if (toShared) observer.wrote('l2', 'error');
        if (toDisk) observer.wrote('l3', 'error');
        claim?.giveUp();
        return;
      }
      await Promise.all([toShared && this.share(held.meta, bytes, claim), toDisk && disk.set(held.meta, bytes)]);
    });
    if (begun) return;
    if (toShared) observer.wrote('l2', 'skipped');
    if (toDisk) observer.wrote('l3', 'skipped');
    claim?.giveUp();
  }

  /** What was found on the disk, into the shared level. */
  promote(meta: EntryMeta, bytes: Uint8Array, claim: Claim): void {
    if (this.parts.budget.run('cache-write', bytes.length, () => this.share(meta, bytes, claim))) return;
    this.parts.observer.wrote('l2', 'skipped');
    claim.giveUp();
  }

  private async share(meta: EntryMeta, bytes: Uint8Array, claim: Claim | undefined): Promise<void> {
    await (claim?.settle(meta, bytes) ?? this.parts.shared?.set(meta, bytes));
  }
}
