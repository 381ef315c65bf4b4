import type { Clock } from '@mcp-cluster/kernel';

/**
 * Versions where the shared level gives none: microseconds, strictly rising, above every one that was heard of.
 *
 * They go by this machine's wall time until the shared level has given a version; from then on by that one and the time
 * since. A node whose clock is an hour ahead would otherwise load, while the shared level is away, what the whole
 * cluster takes for newer than each invalidation of the next hour.
 */
export class VersionClock {
  private last = 0;
  /** What has to be added to the monotonic time, microseconds. */
  private offset: number;

  constructor(private readonly clock: Clock) {
    this.offset = 1_000 * (clock.now() - clock.monotonic());
  }

  /** A new version. */
  next(): number {
    this.last = Math.max(this.now(), this.last + 1);
    return this.last;
  }

  /** Some version that exists, of whatever age. */
  heard(version: number): void {
    if (version > this.last) this.last = version;
  }

  /** A version that the shared level has given just now. */
  given(version: number): void {
    this.offset = version - 1_000 * this.clock.monotonic();
    this.heard(version);
  }

  /** Whether a version can exist: one from the future was given by a clock that was wrong, and says nothing. */
  isPossible(version: number): boolean {
    return version <= Math.max(this.now(), this.last);
  }

  private now(): number {
    return Math.floor(1_000 * this.clock.monotonic() + this.offset);
  }
}
