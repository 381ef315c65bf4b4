import type { Background, Clock } from '@mcp-cluster/kernel';
import type { CacheLevel } from './cache.observer.js';
import type { TierSize } from './tier/tier.js';

/** What each level holds; one that is not there, or does not say, is missing. */
export type CacheSizes = Readonly<Partial<Record<CacheLevel, TierSize>>>;

/** Milliseconds: scrapes in a shorter distance than that see the same sizes. */
const SAMPLE_AGE_MS = 10_000;
/** Milliseconds after which a size is not shown: whoever looks once an hour must not see what was an hour ago. */
const MAX_AGE_MS = 120_000;

/**
 * Sizes for a gauge, which cannot wait: two of the levels are asked over a network or a disk. Looking at them begins
 * the next sample and shows the one before. So they cost nothing where nobody scrapes, and one round trip a scrape.
 */
export class SizeSampler {
  private sizes: CacheSizes = {};
  private takenAt = -Infinity;
  private sampling = false;

  constructor(
    private readonly measure: () => Promise<CacheSizes>,
    private readonly clock: Clock,
    private readonly background: Background,
  ) {}

  /** What was measured last; nothing before the first sample, or when it is older than two minutes. */
  read(): CacheSizes {
    const age = this.clock.monotonic() - this.takenAt;
    if (age >= SAMPLE_AGE_MS && !this.sampling) {
      // At once, not when the work begins: two gauges look in the same scrape.
      this.sampling = true;
      this.background.run('cache sizes', () => this.sample());
    }
    return age > MAX_AGE_MS ? {} : this.sizes;
  }

  private async sample(): Promise<void> {
    try {
      this.sizes = await this.measure();
      this.takenAt = this.clock.monotonic();
    } finally {
      this.sampling = false;
    }
  }
}
