import { BoundedMap } from '@mcp-cluster/kernel';
import type { PrefetchObserver, PrefetchReason } from './prefetch.observer.js';

/** As many as the first level holds (P06): one more, and the oldest is not in it any more. */
export const MAX_OPEN = 1_000;

/** An entry that was made ahead of time, or is being made, and that nobody has asked for yet. */
export interface Outcome {
  readonly id: string;
  readonly reason: PrefetchReason;
  /** Monotonic milliseconds. */
  readonly began: number;
  /** Monotonic milliseconds; Infinity while it is loaded. */
  freshUntil: number;
}

/** Whether what was made ahead of time is asked for: a hit once, or waste. */
export class Outcomes {
  private open: BoundedMap<string, Outcome>;

  constructor(
    private readonly observer: PrefetchObserver,
    private readonly capacity = MAX_OPEN,
  ) {
    this.open = this.none();
  }

  get size(): number {
    return this.open.size;
  }

  isOpen(id: string): boolean {
    return this.open.has(id);
  }

  begun(id: string, reason: PrefetchReason, now: number): Outcome {
    const before = this.open.get(id);
    if (before !== undefined) this.waste(before);
    const outcome = { id, reason, began: now, freshUntil: Number.POSITIVE_INFINITY };
    this.open.set(id, outcome);
    return outcome;
  }

  loaded(outcome: Outcome, freshUntil: number): void {
    outcome.freshUntil = freshUntil;
  }

  /** Nothing came of it. */
  failed(outcome: Outcome): void {
    if (this.open.get(outcome.id) === outcome) this.open.delete(outcome.id);
  }

  /** Somebody asked for a key. Who came while it was loaded waited for less than a whole load: a hit too. */
  asked(id: string, at: number): void {
    if (!this.open.has(id)) return;
    const outcome = this.open.get(id);
    if (outcome === undefined || at < outcome.began) return;
    if (at >= outcome.freshUntil) this.waste(outcome);
    else {
      this.open.delete(id);
      this.observer.used(outcome.reason);
    }
  }

  /** @param has whether the first level still has it, fresh */
  sweep(has: (id: string) => boolean, now: number): void {
    for (const outcome of [...this.open.values()]) {
      if (outcome.freshUntil === Number.POSITIVE_INFINITY) continue;
      if (now >= outcome.freshUntil || !has(outcome.id)) this.waste(outcome);
    }
  }

  clear(): void {
    this.open = this.none();
  }

  private waste(outcome: Outcome): void {
    this.open.delete(outcome.id);
    this.observer.wasted(outcome.reason);
  }

  private none(): BoundedMap<string, Outcome> {
    return new BoundedMap(this.capacity, (_, { reason }) => {
      this.observer.wasted(reason);
    });
  }
}
