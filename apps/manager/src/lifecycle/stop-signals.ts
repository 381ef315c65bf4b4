import type { Clock } from '@mcp-cluster/kernel';

/**
 * Milliseconds in which a second signal is the same Ctrl-C: a terminal signals the whole process group, and npm
 * passes the signal on once more.
 */
const SAME_PRESS_MS = 1000;

/** Decides what a stop signal means: the first drains, a later one gives up waiting. */
export class StopSignals {
  private firstAt: number | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly drain: () => void,
    private readonly exitNow: () => void,
  ) {}

  readonly received = (): void => {
    const now = this.clock.monotonic();
    if (this.firstAt === undefined) {
      this.firstAt = now;
      this.drain();
    } else if (now - this.firstAt >= SAME_PRESS_MS) {
      this.exitNow();
    }
  };
}
