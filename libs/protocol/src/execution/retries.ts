import { sleep, type Background, type Clock } from '@mcp-cluster/kernel';
import { isOutage } from './store-refusal.js';

/** A store that comes back is used again within a second. */
const RETRY_MS = 1_000;

export interface RetryLimits {
  /** Pieces of work that are tried again at once. */
  readonly atOnce: number;
  /** Tries of each, one a second. */
  readonly tries: number;
}

/** Work that a store could not do because it was away or full, done later. Best effort: it ends with this process. */
export class Retries {
  private count = 0;

  constructor(
    private readonly clock: Clock,
    private readonly background: Background,
    private readonly name: string,
    private readonly limits: RetryLimits,
  ) {}

  get size(): number {
    return this.count;
  }

  /** False when as much as may be is tried again already: this piece is not. */
  add(work: () => Promise<unknown>): boolean {
    if (this.count >= this.limits.atOnce) return false;
    this.count += 1;
    this.background.run(this.name, async () => {
      try {
        await this.repeat(work);
      } finally {
        this.count -= 1;
      }
    });
    return true;
  }

  private async repeat(work: () => Promise<unknown>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      await sleep(this.clock, RETRY_MS);
      try {
        await work();
        return;
      } catch (thrown) {
        if (!isOutage(thrown) || tries === this.limits.tries) throw thrown;
      }
    }
  }
}
