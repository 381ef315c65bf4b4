import type { Background, Clock, Rng, Timer } from '@mcp-cluster/kernel';
import type { SharedTier } from '../tier/tier.js';

/** Milliseconds between two reports: a node that starts looks back half an hour, ten seconds are nothing in it. */
export const REPORT_MS = 10_000;
/** Nodes that were started together do not report together: each pause is up to a fifth longer or shorter. */
export const REPORT_JITTER = 0.2;
/** Keys in one report. Who is not among the 200 most used of ten seconds is not hot. */
export const MAX_REPORTED = 200;

export interface HitReporterParts {
  readonly shared: Pick<SharedTier, 'available' | 'reportHits'>;
  readonly stack: {
    /** Hits of each key since the last call. */
    takeHits(): readonly { readonly id: string; readonly hits: number }[];
  };
  readonly clock: Clock;
  readonly rng: Rng;
  readonly background: Background;
}

/**
 * Tells the shared level what this node's first level is asked for most, so that a new node knows what to begin with.
 * A report that fails is lost: the next one comes soon.
 */
export class HitReporter {
  private timer: Timer | undefined;
  private started = false;
  private failures = 0;

  constructor(private readonly parts: HitReporterParts) {}

  /** Reports that the shared level did not take. */
  get failed(): number {
    return this.failures;
  }

  start(): void {
    if (this.started) return;
    this.started = true;
    this.next();
  }

  stop(): void {
    this.started = false;
    this.timer?.cancel();
  }

  private next(): void {
    const { clock, rng, background } = this.parts;
    const pause = REPORT_MS * (1 + REPORT_JITTER * (2 * rng.next() - 1));
    this.timer = clock.after(pause, () => {
      background.run('cache-hits', async () => {
        try {
          await this.report();
        } finally {
          if (this.started) this.next();
        }
      });
    });
  }

  private async report(): Promise<void> {
    const { shared, stack } = this.parts;
    // What is hit while it is away is told when it is back.
    if (!this.started || !shared.available) return;
    const hits = stack.takeHits().filter((one) => one.hits > 0);
    if (hits.length === 0) return;
    const most = hits.sort((a, b) => b.hits - a.hits).slice(0, MAX_REPORTED);
    try {
      await shared.reportHits(most.map(({ id, hits: count }) => ({ id, hits: count })));
    } catch {
      // The level tells of itself that it fails.
      this.failures += 1;
    }
  }
}
