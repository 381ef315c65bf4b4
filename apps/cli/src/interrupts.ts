import type { Clock } from '@mcp-cluster/kernel';

/**
 * Milliseconds in which a second signal is the same Ctrl-C: under npm it comes from the terminal and once more from the
 * script that started this process. A person who wants out presses later than that.
 */
const SAME_KEY_MS = 1_000;

/** Ctrl-C: the first one asks what runs to stop, a second one ends the process. */
export class Interrupts {
  private readonly controller = new AbortController();
  private firstAt: number | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly endProcess: () => void,
  ) {}

  /** Aborted by the first one. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  readonly received = (): void => {
    const now = this.clock.monotonic();
    if (this.firstAt === undefined) {
      this.firstAt = now;
      this.controller.abort(new Error('interrupted'));
    } else if (now - this.firstAt >= SAME_KEY_MS) this.endProcess();
  };
}
