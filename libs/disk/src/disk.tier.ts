import type { CacheTier, EntryMeta, TierSize } from '@mcp-cluster/cache';
import type { Background, Clock } from '@mcp-cluster/kernel';
import type { DiskState } from './disk-state.js';
import type { StoreLink } from './link/store-link.js';
import { WorkerLink } from './link/worker-link.js';
import { PendingInvalidations } from './pending-invalidations.js';
import type { Invalidations } from './store/store-request.js';
import { StoreKeeper } from './store-keeper.js';

/** P06: 1 GB. */
const MAX_BYTES = 1_000_000_000;
/** Below it the tables' own pages are a large part. */
const LEAST_BYTES = 4_000_000;
/** What is over or invalidated is not served from that moment; its place is free within this time, or when it is needed. */
const TEND_EVERY_MS = 10_000;

export interface DiskTierOptions {
  /** Made, for this user alone, where there is none. Holds nothing but the level's files; no two processes share one. */
  readonly directory: string;
  /** Of all files in it together; 4 MB or more. @default 1 GB */
  readonly maxBytes?: number;
  readonly clock: Clock;
  readonly background: Background;
  /** Told of each change once, of the first state too. It must not throw. */
  readonly onState?: (state: DiskState) => void;
  /** Where the store is. Tests have it in this thread, on a disk that fails. */
  readonly connect?: () => StoreLink;
}

/**
 * The level on the disk: one SQLite database in a thread of its own (docs/benchmarks/disk-level.md says why). It survives
 * restarts and kills. When the disk does not work, every method but `invalidate` rejects at once with LocalError
 * `disk_failing`, until it works again.
 */
export class DiskTier implements CacheTier {
  readonly level = 'l3';
  private readonly pending = new PendingInvalidations();
  private readonly keeper: StoreKeeper;
  private tending = false;
  private readonly clock: Clock;

  private constructor(options: DiskTierOptions) {
    const { maxBytes = MAX_BYTES, onState = () => undefined, connect = () => new WorkerLink() } = options;
    if (!Number.isSafeInteger(maxBytes) || maxBytes < LEAST_BYTES)
      throw new RangeError(
        `DiskTier maxBytes: expected an integer of at least ${LEAST_BYTES}, got ${String(maxBytes)}`,
      );
    const { directory, clock, background } = options;
    this.clock = clock;
    this.keeper = new StoreKeeper({ directory, maxBytes, clock, background, pending: this.pending, connect, onState });
  }

  /**
   * Opens the level, whatever the disk is like: one that is bad is tried again in the background.
   * @throws RangeError for a bound that is none; nothing else
   */
  static async open(options: DiskTierOptions): Promise<DiskTier> {
    const tier = new DiskTier(options);
    await tier.keeper.start();
    const timer = options.clock.every(TEND_EVERY_MS, () => {
      if (tier.state.state !== 'ok' || tier.tending) return;
      tier.tending = true;
      options.background.run('disk-tend', () => tier.tend());
    });
    tier.stopTending = () => {
      timer.cancel();
    };
    return tier;
  }

  get state(): DiskState {
    return this.keeper.state;
  }

  /**
   * The highest version of an invalidation that is on the disk, 0 for none. What was invalidated later while this process was
   * down, it has not heard of: whoever can must tell it (SharedTier.invalidationsSince) before entries are asked for.
   */
  get invalidatedUntil(): number {
    return this.pending.newest;
  }

  get(id: string): Promise<Uint8Array | undefined> {
    return this.keeper.ask('get', { id, now: this.clock.now() });
  }

  set(meta: EntryMeta, bytes: Uint8Array): Promise<boolean> {
    const { id, born, tags, freshUntil, staleUntil, errorUntil } = meta;
    const until = Math.max(freshUntil, staleUntil, errorUntil);
    return this.keeper.ask('set', { id, born, tags, until, bytes, now: this.clock.now() });
  }

  delete(id: string): Promise<boolean> {
    return this.keeper.ask('delete', { id });
  }

  /** Never rejects: when the disk fails it is remembered, and told to the store before it serves anything again. */
  async invalidate(tags: readonly string[], version: number): Promise<number> {
    this.pending.add(tags, version);
    try {
      await this.tell({ marks: tags.map((tag) => [tag, version]), floor: 0 });
    } catch {
      // The state says so, and it stays pending.
    }
    return version;
  }

  size(): Promise<TierSize> {
    return this.keeper.ask('size', {});
  }

  /** Leaves the directory to the next process. Nothing is lost when it is not called. Idempotent. */
  async close(): Promise<void> {
    this.stopTending();
    await this.keeper.close();
  }

  private async tell(what: Invalidations): Promise<void> {
    await this.keeper.ask('invalidate', { ...what, now: this.clock.now() });
    this.pending.settle(what);
  }

  private stopTending = (): void => undefined;

  /** In small pieces, so that others are answered between them. */
  private async tend(): Promise<void> {
    try {
      if (!this.pending.empty) await this.tell(this.pending.snapshot());
      while (await this.keeper.ask('tend', { now: this.clock.now() }));
    } catch {
      // The state says so; it goes on at the next turn.
    } finally {
      this.tending = false;
    }
  }
}
