import type { Clock } from '@mcp-cluster/kernel';

/** Something that must not stay quiet for long. */
export interface Quiet {
  /** Monotonic milliseconds of the last byte. */
  readonly writtenAt: number;
  keepAlive(): void;
}

/** One timer for all open answers of a process: a second of error in fifteen costs less than a timer for each. */
const TICK_MS = 1_000;

/** Keeps open answers from being quiet for so long that somebody on the way cuts them. */
export class KeepAlive {
  private readonly open = new Set<Quiet>();

  /** @param ms milliseconds that an answer may be quiet, above 0 */
  constructor(
    private readonly clock: Clock,
    private readonly ms: number,
  ) {
    clock.every(Math.min(TICK_MS, ms), () => {
      this.tick();
    });
  }

  add(answer: Quiet): void {
    this.open.add(answer);
  }

  delete(answer: Quiet): void {
    this.open.delete(answer);
  }

  private tick(): void {
    const due = this.clock.monotonic() - this.ms;
    for (const answer of this.open) if (answer.writtenAt <= due) answer.keepAlive();
  }
}
