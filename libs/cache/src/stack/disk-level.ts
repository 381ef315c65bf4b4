import type { Clock } from '@mcp-cluster/kernel';
import type { CacheKey, CacheType } from '@mcp-cluster/protocol';
import type { CacheTier, EntryMeta } from '../tier/tier.js';
import type { LevelGuard } from './level-guard.js';

/** P06: what is dear to make or large. The others are gone before a restart, which is what a disk is for. */
const KEPT_ON_DISK: ReadonlySet<CacheType> = new Set(['resource', 'computed_result']);

/** After a try to catch up that failed, none is made for so long. */
const CATCH_UP_PAUSE_MS = 1_000;

export interface DiskLevelParts {
  readonly tier: CacheTier;
  readonly guard: LevelGuard;
  readonly clock: Clock;
  /** Hears what was invalidated while this node was down. @returns whether that is all */
  readonly catchUp: () => Promise<boolean>;
}

/**
 * The disk, as the stack uses it: it never fails, it only has nothing. What an earlier life of this node has left there is not
 * served before it is known what was invalidated in between.
 */
export class DiskLevel {
  private readonly tier: CacheTier;
  private readonly guard: LevelGuard;
  private caughtUp = false;
  private catching: Promise<boolean> | undefined;
  /** Monotonic milliseconds. */
  private triedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: DiskLevelParts) {
    this.tier = parts.tier;
    this.guard = parts.guard;
  }

  get resting(): boolean {
    return this.guard.resting;
  }

  keeps(type: CacheType): boolean {
    return KEPT_ON_DISK.has(type);
  }

  /** @returns undefined when it does not answer; without bytes when it has none */
  async get({ type, id }: CacheKey): Promise<{ readonly bytes: Uint8Array | undefined } | undefined> {
    if (!this.caughtUp && !(await this.catchUp())) return undefined;
    return this.guard.look(type, id, async () => ({ bytes: await this.tier.get(id) }));
  }

  async set(meta: EntryMeta, bytes: Uint8Array): Promise<void> {
    await this.guard.write(() => this.tier.set(meta, bytes));
  }

  /** Forgets an entry that is damaged. */
  async delete(id: string): Promise<void> {
    if (!this.guard.resting) await this.tier.delete(id).catch(() => false);
  }

  /** Also while it rests: what it forgets to forget would come back with the next start. */
  async invalidate(tags: readonly string[], version: number): Promise<void> {
    await this.tier.invalidate(tags, version).catch(() => version);
  }

  /** @returns whether what is on the disk may be served */
  async catchUp(): Promise<boolean> {
    const { clock, catchUp } = this.parts;
    if (this.caughtUp) return true;
    if (this.catching === undefined) {
      if (clock.monotonic() - this.triedAt < CATCH_UP_PAUSE_MS) return false;
      this.triedAt = clock.monotonic();
      this.catching = catchUp();
    }
    this.caughtUp = await this.catching;
    this.catching = undefined;
    return this.caughtUp;
  }
}
