import type { Clock } from '@mcp-cluster/kernel';

/** S14: proxies commonly cut a connection that is quiet for 30 or 60 s. */
export const KEEP_ALIVE_MS = 15_000;

/** Something that must not stay quiet for long. */
export interface Quiet {
  /** Monotonic milliseconds of the last byte. */
  readonly writtenAt: number;
  keepAlive(): void;
}

/** One timer for all open answers of a process: a second of error in fifteen costs less than a timer for each. */
export class KeepAlive {
  private readonly open = new Set<Quiet>();

  constructor(private readonly clock: Clock) {
    clock.every(1_000, () => {
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
    const due = this.clock.monotonic() - KEEP_ALIVE_MS;
    for (const answer of this.open) if (answer.writtenAt <= due) answer.keepAlive();
  }
}
