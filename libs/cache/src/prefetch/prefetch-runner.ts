import type { Background, Clock, Timer } from '@mcp-cluster/kernel';
import type { CacheQuery } from '@mcp-cluster/protocol';
import { PrefetchBudget } from './budget.js';
import { Outcomes } from './outcomes.js';
import type { Prediction } from './patterns/prediction.js';
import { LATER_CONFIDENCE, PrefetchQueue } from './prefetch-queue.js';
import type { PrefetchStack } from './prefetch-stack.js';
import type { PrefetchObserver, PrefetchReason } from './prefetch.observer.js';
import { Recipes } from './recipes.js';
import { WARM_AHEAD_MS } from './warm-set.js';

export interface PrefetcherParts {
  readonly stack: PrefetchStack;
  readonly clock: Clock;
  readonly background: Background;
  /** Whether this process is short of processor time or memory: then nothing is made ahead of time. Cheap. */
  readonly pressure: () => boolean;
  readonly observer?: PrefetchObserver;
}

/** Makes what is likely to be asked for, the likeliest first, within the budget. */
export class PrefetchRunner {
  readonly recipes = new Recipes();
  readonly budget = new PrefetchBudget();
  readonly outcomes: Outcomes;
  private readonly queue = new PrefetchQueue();
  /** Keys that are loaded now. */
  private readonly underWay = new Set<string>();
  private wake: Timer | undefined;

  constructor(
    private readonly parts: PrefetcherParts,
    private readonly observer: PrefetchObserver,
  ) {
    this.outcomes = new Outcomes(observer);
  }

  get queued(): number {
    return this.queue.size;
  }

  /** Puts into the queue what is likely enough and not at hand. `run` begins it. */
  plan(prediction: Prediction): void {
    if (prediction.confidence <= LATER_CONFIDENCE) return;
    if (this.isFresh(prediction)) this.observer.skipped('fresh');
    else this.tellSkipped('queue_full', this.queue.add(prediction, this.parts.clock.monotonic()));
  }

  /** Begins what is due, as far as the budget goes. What the budget refuses is not tried again: it would be late. */
  run(): void {
    const now = this.parts.clock.monotonic();
    this.tellSkipped('late', this.queue.removeLate(now));
    const isPressed = this.queue.size > 0 && this.parts.pressure();
    for (let next = this.queue.first(now); next !== undefined; next = this.queue.first(now))
      if (!this.tryBegin(next, isPressed, now)) break;
    this.sleepUntilDue(now);
  }

  /** Whether it is at hand or will be in a moment. What is kept warm has to be fresh for some time more. */
  isFresh({ id, reason }: Pick<Prediction, 'id' | 'reason'>): boolean {
    return this.underWay.has(id) || this.parts.stack.has(id, aheadMs(reason));
  }

  /** Counts what was wasted meanwhile and forgets recipes whose time is over. */
  sweep(): void {
    const now = this.parts.clock.monotonic();
    this.recipes.sweep(now);
    this.outcomes.sweep((id) => this.parts.stack.has(id, 0), now);
  }

  clear(): void {
    this.wake?.cancel();
    this.queue.clear();
    this.recipes.clear();
    this.outcomes.clear();
  }

  /** @returns false when all places are taken */
  private tryBegin(prediction: Prediction, isPressed: boolean, now: number): boolean {
    const { id } = prediction;
    const recipe = this.recipes.get(id, now);
    if (recipe === undefined) this.observer.skipped('no_recipe');
    else if (this.isFresh(prediction)) this.observer.skipped('fresh');
    else if (isPressed) this.observer.skipped('pressure');
    else {
      const answer = this.budget.tryBegin(now);
      if (answer === 'busy') return false;
      if (answer === 'spent') this.observer.skipped('budget');
      else this.begin(prediction, recipe, now);
    }
    this.queue.remove(id);
    return true;
  }

  private begin({ id, reason }: Prediction, recipe: CacheQuery<unknown>, now: number): void {
    const { stack, clock, background } = this.parts;
    const outcome = this.outcomes.begun(id, reason, now);
    this.underWay.add(id);
    background.run('prefetch', async () => {
      let loaded = false;
      try {
        loaded = await stack.refresh(recipe, aheadMs(reason));
      } finally {
        this.budget.end();
        this.underWay.delete(id);
        if (loaded) this.outcomes.loaded(outcome, clock.monotonic() + recipe.policy.ttlMs);
        else {
          this.outcomes.failed(outcome);
          // What could not be made is not tried again until somebody has asked for it.
          this.recipes.forget(id);
        }
        this.observer.prefetched(reason, loaded ? 'loaded' : 'nothing');
        this.run();
      }
    });
  }

  private sleepUntilDue(now: number): void {
    this.wake?.cancel();
    const due = this.queue.nextDueAfter(now);
    this.wake =
      due === undefined
        ? undefined
        : this.parts.clock.after(due - now, () => {
            this.parts.background.run('prefetch-queue', () => {
              this.run();
              return Promise.resolve();
            });
          });
  }

  private tellSkipped(why: 'queue_full' | 'late', count: number): void {
    for (let told = 0; told < count; told += 1) this.observer.skipped(why);
  }
}

function aheadMs(reason: PrefetchReason): number {
  return reason === 'warm' ? WARM_AHEAD_MS : 0;
}
