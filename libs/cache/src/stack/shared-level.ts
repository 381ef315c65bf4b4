import type { Background, Clock } from '@mcp-cluster/kernel';
import type { CacheKey, ClusterBus } from '@mcp-cluster/protocol';
import type { CacheObserver } from '../cache.observer.js';
import type { ClaimRequest, EntryMeta, SharedAnswer, SharedTier } from '../tier/tier.js';
import { Claim, MAX_SHARED_BYTES } from './claim.js';
import type { LevelGuard } from './level-guard.js';
import type { VersionClock } from './version-clock.js';

/** What the shared level says, with the claim at hand. */
export type SharedFinding =
  | { readonly state: 'hit'; readonly bytes: Uint8Array; readonly invalidatedAt: number }
  | { readonly state: 'claimed'; readonly claim: Claim; readonly invalidatedAt: number }
  | { readonly state: 'taken'; readonly invalidatedAt: number };

export interface SharedLevelParts {
  readonly tier: SharedTier;
  readonly guard: LevelGuard;
  readonly clock: Clock;
  readonly background: Background;
  readonly bus: ClusterBus;
  readonly observer: CacheObserver;
  readonly versions: VersionClock;
  /** Told that the level has answered: what it was not told while it was away it can be told now. */
  readonly answered: () => void;
}

/** The shared level, as the stack uses it: it never fails, it only has nothing. */
export class SharedLevel {
  constructor(private readonly parts: SharedLevelParts) {}

  get resting(): boolean {
    return this.parts.guard.resting;
  }

  /** False while nothing is to be had of it, and nothing written to it. */
  get inUse(): boolean {
    return this.parts.tier.available && !this.parts.guard.resting;
  }

  /** @returns undefined when it does not answer, or not in time; a claim that is granted too late is given back */
  async fetch(key: CacheKey, request: ClaimRequest): Promise<SharedFinding | undefined> {
    const { tier, guard, observer, versions, answered } = this.parts;
    if (!tier.available) {
      observer.looked('l2', key.type, 'skipped');
      return undefined;
    }
    const ask = (): Promise<SharedAnswer> => tier.fetch(key, request);
    const answer = await guard.look(key.type, key.id, ask, (late) => {
      if (late.state === 'claimed') this.claim(key.id, late.version, request).giveUp();
    });
    if (answer === undefined) return undefined;
    answered();
    versions.heard(answer.invalidatedAt);
    if (answer.state !== 'claimed') return answer;
    versions.heard(answer.version);
    return { ...answer, claim: this.claim(key.id, answer.version, request) };
  }

  /** Keeps an entry for which this node has no claim. */
  async set(meta: EntryMeta, bytes: Uint8Array): Promise<void> {
    const { tier, guard, observer } = this.parts;
    if (!tier.available) observer.wrote('l2', 'skipped');
    else await guard.write(async () => bytes.length < MAX_SHARED_BYTES && (await tier.set(meta, bytes)));
  }

  /** Forgets an entry that is damaged or was invalidated. */
  async delete(id: string): Promise<void> {
    const { tier } = this.parts;
    if (this.inUse) await tier.delete(id).catch(() => false);
  }

  private claim(id: string, version: number, request: ClaimRequest): Claim {
    return new Claim(this.parts, id, version, request);
  }
}
