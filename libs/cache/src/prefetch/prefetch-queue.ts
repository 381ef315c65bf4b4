import type { Prediction } from './patterns/prediction.js';

/** P07. */
export const NOW_CONFIDENCE = 0.7;
export const LATER_CONFIDENCE = 0.4;
export const LATER_MS = 5_000;

/** At four at once, all that can begin before the first of them would be late. */
export const MAX_QUEUED = 100;
/** Milliseconds that one waits for a place after its time: by then it was asked for, or will not be. */
export const PATIENCE_MS = 10_000;

interface Waiting extends Prediction {
  /** Monotonic milliseconds. */
  readonly dueAt: number;
}

/** What is to be made ahead of time, the likeliest first. Each key waits once. */
export class PrefetchQueue {
  private readonly waiting = new Map<string, Waiting>();

  constructor(private readonly capacity = MAX_QUEUED) {}

  get size(): number {
    return this.waiting.size;
  }

  /**
   * Over 0.7 it is due now, over 0.4 in five seconds (P07), else not at all.
   * @returns how many found no place: this one, or a less likely one that made room, or none
   */
  add(prediction: Prediction, now: number): number {
    const { id, confidence } = prediction;
    if (confidence <= LATER_CONFIDENCE) return 0;
    const dueAt = confidence > NOW_CONFIDENCE ? now : now + LATER_MS;
    const same = this.waiting.get(id);
    if (same !== undefined) {
      if (confidence > same.confidence) this.waiting.set(id, { ...prediction, dueAt: Math.min(dueAt, same.dueAt) });
      return 0;
    }
    const isFull = this.waiting.size >= this.capacity;
    if (isFull) {
      const least = this.least();
      if (least === undefined || least.confidence >= confidence) return 1;
      this.waiting.delete(least.id);
    }
    this.waiting.set(id, { ...prediction, dueAt });
    return isFull ? 1 : 0;
  }

  /** The likeliest one that is due. It stays until it is removed. */
  first(now: number): Prediction | undefined {
    let best: Waiting | undefined;
    for (const one of this.waiting.values())
      if (one.dueAt <= now && one.confidence > (best?.confidence ?? 0)) best = one;
    return best;
  }

  remove(id: string): void {
    this.waiting.delete(id);
  }

  /** Takes away those that waited too long. @returns how many */
  removeLate(now: number): number {
    const before = this.waiting.size;
    for (const { id, dueAt } of this.waiting.values()) if (now - dueAt > PATIENCE_MS) this.waiting.delete(id);
    return before - this.waiting.size;
  }

  /** When the next one that is not due yet will be: monotonic milliseconds. */
  nextDueAfter(now: number): number | undefined {
    let next: number | undefined;
    for (const { dueAt } of this.waiting.values()) if (dueAt > now && dueAt < (next ?? Infinity)) next = dueAt;
    return next;
  }

  clear(): void {
    this.waiting.clear();
  }

  private least(): Waiting | undefined {
    let least: Waiting | undefined;
    for (const one of this.waiting.values()) if (one.confidence < (least?.confidence ?? Infinity)) least = one;
    return least;
  }
}
