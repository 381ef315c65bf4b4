import type { CacheTier, SharedTier, TierLevel } from '../tier/tier.js';
import { DiskLevel } from './disk-level.js';
import { LevelGuard, type GuardParts } from './level-guard.js';
import { SharedLevel, type SharedLevelParts } from './shared-level.js';

export interface LevelsParts extends GuardParts, Omit<SharedLevelParts, 'tier' | 'guard'> {
  readonly shared?: SharedTier | undefined;
  readonly disk?: CacheTier | undefined;
  /** Hears what was invalidated while this node was down. @returns whether that is all */
  readonly catchUp: () => Promise<boolean>;
}

/** The levels behind the first one, each behind its guard. */
export interface Levels {
  readonly guards: ReadonlyMap<TierLevel, LevelGuard>;
  readonly shared: SharedLevel | undefined;
  readonly disk: DiskLevel | undefined;
}

export function levelsOf(parts: LevelsParts): Levels {
  const { clock, shared, disk, catchUp } = parts;
  const guards = new Map<TierLevel, LevelGuard>();
  const guarded = (tier: CacheTier): LevelGuard => {
    const guard = new LevelGuard(tier, parts);
    guards.set(tier.level, guard);
    return guard;
  };
  return {
    guards,
    shared: shared && new SharedLevel({ ...parts, tier: shared, guard: guarded(shared) }),
    disk: disk && new DiskLevel({ tier: disk, guard: guarded(disk), clock, catchUp }),
  };
}
