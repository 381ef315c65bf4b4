import type { Timer } from '@mcp-cluster/kernel';
import type { CacheQuery } from '@mcp-cluster/protocol';
import { AccessLog, type Access } from './access-log.js';
import { HOUR_MS, HourPatterns, LEAST_TTL_MS } from './patterns/hour-patterns.js';
import { SequencePatterns } from './patterns/sequence-patterns.js';
import { PrefetchRunner, type PrefetcherParts } from './prefetch-runner.js';
import { PrefetchTally, type PrefetchResult, type PrefetchSkip } from './prefetch.observer.js';
import { coldest, WARM_CHECK_MS, WarmSet } from './warm-set.js';

/** Milliseconds from a call to the analysis of it: "now" of P07 is soon enough for the next call of a model. */
export const ANALYSIS_DELAY_MS = 50;
/**
 * Accesses that one analysis reads. Each is about a microsecond of work, so that learning takes one or two hundredths of
 * a core at most; a node with more than 10,000 calls a second learns from a part of them.
 */
export const ANALYSED_AT_ONCE = 500;
/** More confident than most sequences: it is known that the key is asked for at least once in the life of an entry. */
const WARM_CONFIDENCE = 0.8;

export interface PrefetchStats {
  /** Calls that were seen, and those of them that were overwritten before they were looked at. */
  readonly accesses: number;
  readonly lost: number;
  /** How much is remembered now. */
  readonly recipes: number;
  readonly sequences: number;
  readonly hours: number;
  /** Keys that are kept warm in this hour. */
  readonly warm: number;
  readonly queued: number;
  readonly running: number;
  readonly results: Readonly<Record<PrefetchResult, number>>;
  readonly skipped: Readonly<Record<PrefetchSkip, number>>;
  readonly used: number;
  readonly wasted: number;
  /** Entries dropped from the first level since they were the least used ones. */
  readonly dropped: number;
}

/**
 * Makes what is likely to be asked for before it is (P07). Calls only write into a log; what they mean is worked out
 * some milliseconds later, so that no call waits for it. Only what its declaration allows is ever made, for nobody but
 * whom the recipe belongs to, and within the budget.
 */
export class Prefetcher {
  private readonly log = new AccessLog();
  private readonly sequences = new SequencePatterns();
  private readonly hours = new HourPatterns();
  private readonly warm = new WarmSet();
  private readonly tally: PrefetchTally;
  private readonly runner: PrefetchRunner;
  private started = false;
  /** The hour that was last looked at, counted from the epoch. */
  private hour = 0;
  /** Monotonic milliseconds of the accesses that are recorded now: read once for all before an analysis. */
  private at = 0;
  private lostBefore = 0;
  private dropped = 0;
  private analysis: Timer | undefined;
  private check: Timer | undefined;

  constructor(private readonly parts: PrefetcherParts) {
    this.tally = new PrefetchTally(parts.observer);
    this.runner = new PrefetchRunner(parts, this.tally);
  }

  /**
   * A call looked for this key, wherever it was found.
   * @param who a mark of the session or principal, at most 64 characters; undefined where nobody is known
   * @param prefetchable the declaration allows it (CacheHint.prefetch), and its arguments are few enough to be remembered
   */
  accessed<V>(query: CacheQuery<V>, who: string | undefined, prefetchable: boolean): void {
    if (!this.started) return;
    if (this.analysis === undefined) this.analyseSoon();
    this.log.record(query, who, prefetchable, this.at);
  }

  start(): void {
    if (this.started) return;
    this.started = true;
    this.hour = this.hourNow();
    this.check = this.parts.clock.every(WARM_CHECK_MS, () => {
      this.inBackground('prefetch-check', () => {
        this.lookAround();
      });
    });
  }

  /** Forgets everything it has learned, and all recipes. What is being loaded goes on. */
  stop(): void {
    this.started = false;
    this.check?.cancel();
    this.analysis?.cancel();
    this.analysis = undefined;
    this.log.clear();
    this.sequences.clear();
    this.hours.clear();
    this.warm.clear();
    this.runner.clear();
  }

  stats(): PrefetchStats {
    const { log, runner, tally } = this;
    return {
      accesses: log.recorded,
      lost: log.lost,
      recipes: runner.recipes.size,
      sequences: this.sequences.size.pairs,
      hours: this.hours.size,
      warm: this.warm.size,
      queued: runner.queued,
      running: runner.budget.running,
      results: { ...tally.results },
      skipped: { ...tally.skips },
      used: tally.hits,
      wasted: tally.waste,
      dropped: this.dropped,
    };
  }

  private analyseSoon(): void {
    const { clock } = this.parts;
    this.at = clock.monotonic();
    this.analysis = clock.after(ANALYSIS_DELAY_MS, () => {
      this.analysis = undefined;
      this.inBackground('prefetch-analysis', () => {
        this.analyse();
      });
    });
  }

  private analyse(): void {
    const callers = new Set<string>();
    if (this.log.lost > this.lostBefore) this.sequences.interrupt();
    this.lostBefore = this.log.lost;
    this.runner.budget.called(Math.min(this.log.unread, ANALYSED_AT_ONCE), this.parts.clock.monotonic());
    const wallNow = this.parts.clock.now();
    this.log.read(ANALYSED_AT_ONCE, (access) => {
      this.learn(access, wallNow);
      if (access.who !== undefined) callers.add(access.who);
    });
    // Only of where each caller is now: what he asked for meanwhile needs no prefetch.
    for (const who of callers) for (const prediction of this.sequences.predict(who)) this.runner.plan(prediction);
    this.runner.run();
    if (this.log.unread > 0 && this.analysis === undefined) this.analyseSoon();
  }

  private learn(access: Access, wallNow: number): void {
    const { id, at, query } = access;
    this.runner.outcomes.asked(id, at);
    this.sequences.learn(access);
    if (query === undefined) return;
    this.runner.recipes.keep(query, at);
    // A private recipe does not live until tomorrow.
    if (query.key.scope === 'public' && query.policy.ttlMs >= LEAST_TTL_MS) this.hours.learn(id, wallNow);
  }

  private lookAround(): void {
    this.runner.sweep();
    if (this.hour !== this.hourNow()) this.beginHour();
    const now = this.parts.clock.monotonic();
    for (const id of this.warm.ids()) {
      const cools = this.runner.recipes.get(id, now) !== undefined && !this.runner.isFresh({ id, reason: 'warm' });
      if (cools) this.runner.plan({ id, confidence: WARM_CONFIDENCE, reason: 'warm' });
    }
    this.runner.run();
  }

  private beginHour(): void {
    const { stack, clock } = this.parts;
    this.hour = this.hourNow();
    this.warm.choose(this.runner.recipes.takeUses());
    const cold = coldest(
      stack.hottest(Number.MAX_SAFE_INTEGER),
      (id) => this.warm.has(id) || this.runner.outcomes.isOpen(id),
    );
    this.dropped += cold.length;
    if (cold.length > 0) stack.drop(cold);
    for (const prediction of this.hours.predict(clock.now())) this.runner.plan(prediction);
  }

  private hourNow(): number {
    return Math.floor(this.parts.clock.now() / HOUR_MS);
  }

  private inBackground(name: string, work: () => void): void {
    this.parts.background.run(name, () => {
      if (this.started) work();
      return Promise.resolve();
    });
  }
}
