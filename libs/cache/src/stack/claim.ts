import type { Background, Clock, Timer } from '@mcp-cluster/kernel';
import type { ClusterBus } from '@mcp-cluster/protocol';
import type { CacheObserver } from '../cache.observer.js';
import type { ClaimRequest, EntryMeta, SharedTier } from '../tier/tier.js';
import type { LevelGuard } from './level-guard.js';

/** P06: an entry of the shared level is smaller, encoded. */
export const MAX_SHARED_BYTES = 1_000_000;

/**
 * A node that died keeps the others waiting for so long: as long as its own lease, so that a call that goes on elsewhere
 * does so within 2 s (reliability.md, experiment 2). Three renewals in it: one may be lost.
 */
export const LEASE_MS = 1_500;
const RENEWALS = 3;

export interface ClaimParts {
  readonly tier: SharedTier;
  readonly guard: LevelGuard;
  readonly clock: Clock;
  readonly background: Background;
  readonly bus: ClusterBus;
  readonly observer: CacheObserver;
}

/** This node's right to load one key, alone in the cluster. Renewed until it is settled or given up, once. */
export class Claim {
  private readonly renewals: Timer;
  private over = false;

  constructor(
    private readonly parts: ClaimParts,
    private readonly id: string,
    readonly version: number,
    private readonly request: ClaimRequest,
  ) {
    this.renewals = parts.clock.every(request.leaseMs / RENEWALS, () => {
      this.renew();
    });
  }

  /** Nothing is kept: others may load it. */
  giveUp(): void {
    if (!this.end()) return;
    this.parts.background.run('cache-claim', async () => {
      // A level that does not answer ends the claim by its lease.
      await this.tell(undefined).catch(() => false);
    });
  }

  /** Ends it with the entry that was loaded. */
  async settle(meta: EntryMeta, bytes: Uint8Array): Promise<void> {
    const { guard, observer, tier } = this.parts;
    if (bytes.length >= MAX_SHARED_BYTES || guard.resting || !tier.available) {
      observer.wrote('l2', bytes.length >= MAX_SHARED_BYTES ? 'refused' : 'skipped');
      this.giveUp();
    } else if (this.end()) await guard.write(() => this.tell({ meta, bytes }));
  }

  private async tell(entry: { meta: EntryMeta; bytes: Uint8Array } | undefined): Promise<boolean> {
    const { tier, bus } = this.parts;
    const { kept, awaited } = await tier.settle(this.id, this.version, this.request, entry);
    if (awaited) bus.publish({ type: 'cache-settled', id: this.id });
    return kept;
  }

  private renew(): void {
    const { background, tier, guard } = this.parts;
    if (guard.resting || !tier.available) return;
    background.run('cache-claim', async () => {
      // One that is lost stays so: what is loaded is given out here, and refused by the shared level.
      const held = await tier.renew(this.id, this.version, this.request).catch(() => true);
      if (!held) this.renewals.cancel();
    });
  }

  /** @returns whether it was not over yet */
  private end(): boolean {
    if (this.over) return false;
    this.over = true;
    this.renewals.cancel();
    return true;
  }
}
