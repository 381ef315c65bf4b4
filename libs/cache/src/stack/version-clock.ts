import type { Clock } from '@mcp-cluster/kernel';

/**
 * What this process knows of the cluster's versions. They order loads and invalidations: an invalidation is above all that
 * came before it, a load is below every invalidation that comes after it.
 *
 * The shared level gives versions, and each one it gives is above all before. Where a node has to give one itself, its
 * clock may be wrong: a load that took its version from a clock that is an hour ahead would be taken for newer than each
 * invalidation of the next hour. So it takes the least that can be right.
 */
export class VersionClock {
  /** The highest that was given or heard of. */
  private last: number;

  /** @param isShared whether there is a shared level, which gives versions that this process does not hear of */
  constructor(
    private readonly clock: Clock,
    private readonly isShared: boolean,
  ) {
    // Before the cluster's first word nothing is below it for sure but 0.
    this.last = isShared ? 0 : this.time;
  }

  /** For an invalidation: above all that was heard of, and not below the time. */
  next(): number {
    this.last = Math.max(this.time, this.last + 1);
    return this.last;
  }

  /** For a load that has no claim: above each invalidation that was heard of, and not above any that comes. */
  least(): number {
    return this.isShared ? this.last + 1 : this.next();
  }

  /** A version of the cluster, also one that an earlier life of this node has written down. */
  heard(version: number): void {
    this.last = Math.max(this.last, version);
  }

  /** Whether a version can exist: one from the future was given by a clock that was wrong, and says nothing. */
  isPossible(version: number): boolean {
    return version <= Math.max(this.time, this.last);
  }

  /** Microseconds. */
  private get time(): number {
    return 1_000 * this.clock.now();
  }
}
