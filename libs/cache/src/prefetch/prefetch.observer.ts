/** Why an entry was made ahead of time: a sequence of calls, the hour of the day, or to keep what is used most. */
export const PREFETCH_REASONS = ['sequence', 'hour', 'warm'] as const;
export type PrefetchReason = (typeof PREFETCH_REASONS)[number];

/** `nothing`: an entry was there after all, or its load failed. */
export const PREFETCH_RESULTS = ['loaded', 'nothing'] as const;
export type PrefetchResult = (typeof PREFETCH_RESULTS)[number];

/**
 * Why something likely was not made ahead of time. `fresh`: it is at hand; `no_recipe`: how to make it is not known any
 * more; `queue_full`: likelier ones wait; `late`: it waited too long for a place.
 */
export const PREFETCH_SKIPS = ['fresh', 'no_recipe', 'budget', 'pressure', 'queue_full', 'late'] as const;
export type PrefetchSkip = (typeof PREFETCH_SKIPS)[number];

/** Told of what is made ahead of time, for metrics. It must not throw. */
export interface PrefetchObserver {
  prefetched(reason: PrefetchReason, result: PrefetchResult): void;
  /** An entry that was made ahead of time was asked for: told once for each. */
  used(reason: PrefetchReason): void;
  /** It expired, or was dropped from the first level, and nobody had asked for it. */
  wasted(reason: PrefetchReason): void;
  skipped(why: PrefetchSkip): void;
}

function zeros<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
}

/** Counts what the observer behind it is told. */
export class PrefetchTally implements PrefetchObserver {
  readonly results = zeros(PREFETCH_RESULTS);
  readonly skips = zeros(PREFETCH_SKIPS);
  hits = 0;
  waste = 0;

  constructor(private readonly next?: PrefetchObserver) {}

  prefetched(reason: PrefetchReason, result: PrefetchResult): void {
    this.results[result] += 1;
    this.next?.prefetched(reason, result);
  }

  used(reason: PrefetchReason): void {
    this.hits += 1;
    this.next?.used(reason);
  }

  wasted(reason: PrefetchReason): void {
    this.waste += 1;
    this.next?.wasted(reason);
  }

  skipped(why: PrefetchSkip): void {
    this.skips[why] += 1;
    this.next?.skipped(why);
  }
}
