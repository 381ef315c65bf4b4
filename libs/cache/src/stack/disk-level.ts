import type { CacheKey, CacheType } from '@mcp-cluster/protocol';
import type { CacheTier, EntryMeta } from '../tier/tier.js';
import type { LevelGuard } from './level-guard.js';

/** P06: what is dear to make or large. The others are gone before a restart, which is what a disk is for. */
const KEPT_ON_DISK: ReadonlySet<CacheType> = new Set(['resource', 'computed_result']);

/** The disk, as the stack uses it: it never fails, it only has nothing. */
export class DiskLevel {
  constructor(
    private readonly tier: CacheTier,
    private readonly guard: LevelGuard,
  ) {}

  get resting(): boolean {
    return this.guard.resting;
  }

  keeps(type: CacheType): boolean {
    return KEPT_ON_DISK.has(type);
  }

  /** @returns undefined when it does not answer; without bytes when it has none */
  async get({ type, id }: CacheKey): Promise<{ readonly bytes: Uint8Array | undefined } | undefined> {
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
}
