import type { Rng } from '@mcp-cluster/kernel';

/** Milliseconds before the first restart: a crash by accident is repaired before most clients look again. */
export const FIRST_RESTART_MS = 250;
/** The longest wait between restarts in milliseconds: a node that cannot start costs one start in ten seconds. */
export const MAX_RESTART_MS = 10_000;
/** A process that lived this long (milliseconds) had started well: its next crash is a first one again. */
export const STABLE_AFTER_MS = 10_000;

/** When a crashed process may be started again: waits that double, with jitter so that nodes do not restart in step. */
export class RestartBackoff {
  private crashes = 0;

  constructor(private readonly rng: Rng) {}

  /**
   * Call at each exit that was not asked for.
   * @param aliveMs how long the process had lived, milliseconds
   * @returns milliseconds to wait: between half and the whole of 250 · 2ⁿ, n = crashes in a row before this
   */
  nextDelay(aliveMs: number): number {
    if (aliveMs >= STABLE_AFTER_MS) this.crashes = 0;
    const ceiling = Math.min(FIRST_RESTART_MS * 2 ** this.crashes, MAX_RESTART_MS);
    if (ceiling < MAX_RESTART_MS) this.crashes += 1;
    return ceiling * (0.5 + this.rng.next() / 2);
  }
}
