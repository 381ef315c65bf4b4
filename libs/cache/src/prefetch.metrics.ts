import { counterFamily, type Counter, type Registry } from '@mcp-cluster/telemetry';
import { each, type Each } from './cache-types.js';
import {
  PREFETCH_REASONS,
  PREFETCH_RESULTS,
  PREFETCH_SKIPS,
  type PrefetchObserver,
  type PrefetchReason,
  type PrefetchResult,
  type PrefetchSkip,
} from './prefetch/prefetch.observer.js';

const FATES = ['used', 'wasted'] as const;

/** What a process shows of its loads ahead of time (P07). */
export class PrefetchMetrics implements PrefetchObserver {
  private readonly loads: Each<PrefetchReason, Each<PrefetchResult, Counter>>;
  private readonly fates: Each<PrefetchReason, Each<(typeof FATES)[number], Counter>>;
  private readonly skips: Each<PrefetchSkip, Counter>;

  constructor(registry: Registry) {
    const loads = counterFamily(registry, {
      name: 'mcp_cache_prefetches_total',
      help: 'Loads ahead of time, by what made them likely to be asked for and by what they brought.',
      labels: ['reason', 'result'],
      allowed: { reason: PREFETCH_REASONS, result: PREFETCH_RESULTS },
    });
    const fates = counterFamily(registry, {
      name: 'mcp_cache_prefetched_entries_total',
      help: 'Entries made ahead of time that were asked for later (used), or went before anybody asked (wasted).',
      labels: ['reason', 'fate'],
      allowed: { reason: PREFETCH_REASONS, fate: FATES },
    });
    const skips = counterFamily(registry, {
      name: 'mcp_cache_prefetch_skips_total',
      help: 'What was likely to be asked for and was not loaded ahead of time, by why.',
      labels: ['why'],
      allowed: { why: PREFETCH_SKIPS },
    });
    this.loads = each(PREFETCH_REASONS, (reason) =>
      each(PREFETCH_RESULTS, (result) => loads.child({ reason, result })),
    );
    this.fates = each(PREFETCH_REASONS, (reason) => each(FATES, (fate) => fates.child({ reason, fate })));
    this.skips = each(PREFETCH_SKIPS, (why) => skips.child({ why }));
  }

  prefetched(reason: PrefetchReason, result: PrefetchResult): void {
    this.loads[reason][result].inc();
  }

  used(reason: PrefetchReason): void {
    this.fates[reason].used.inc();
  }

  wasted(reason: PrefetchReason): void {
    this.fates[reason].wasted.inc();
  }

  skipped(why: PrefetchSkip): void {
    this.skips[why].inc();
  }

  /** What was counted since the process began, for a report. */
  totals(): Readonly<Record<'loaded' | 'nothing' | 'used' | 'wasted' | 'skipped', number>> {
    const sum = (counter: (reason: PrefetchReason) => Counter): number =>
      PREFETCH_REASONS.reduce((all, reason) => all + counter(reason).value, 0);
    return {
      loaded: sum((reason) => this.loads[reason].loaded),
      nothing: sum((reason) => this.loads[reason].nothing),
      used: sum((reason) => this.fates[reason].used),
      wasted: sum((reason) => this.fates[reason].wasted),
      skipped: PREFETCH_SKIPS.reduce((all, why) => all + this.skips[why].value, 0),
    };
  }
}
