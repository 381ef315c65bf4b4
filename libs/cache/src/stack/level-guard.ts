import type { Background, Clock, Rng } from '@mcp-cluster/kernel';
import type { CacheType } from '@mcp-cluster/protocol';
import type { CacheObserver } from '../cache.observer.js';
import type { CacheTier, TierLevel } from '../tier/tier.js';
import { patiently } from './patience.js';

/** A look-up that takes longer is given up: a level is there to be faster than a load. */
export const PATIENCE_MS = 100;
/** Slower than this a level helps little: a Redis nearby answers in 1 ms, a disk in 5 ms. */
export const SLOW_MS = 50;
const LIMITS = { slowMs: SLOW_MS, mostMs: PATIENCE_MS };
/** So many slow or failed look-ups in a row, or so many that were given up, and the level rests. */
const SLOW_IN_A_ROW = 5;
const GIVEN_UP_IN_A_ROW = 2;
/** The first rest, and the longest: one trial in half a minute costs nothing, and what is well again is used soon. */
export const FIRST_REST_MS = 1_000;
export const LONGEST_REST_MS = 30_000;
/** Nodes whose level became slow together do not try it again together: a rest is up to so much shorter. */
const REST_JITTER = 0.2;

export interface GuardParts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly background: Background;
  readonly observer: CacheObserver;
}

/**
 * Stands between the stack and a level: nothing that goes wrong in the level is thrown, no look-up waits for it for
 * long, and a level that is slow or fails again and again is left alone. Then one look-up in the background, of a key
 * that somebody wants, decides whether it is used again (reliability.md, experiments 7, 8).
 */
export class LevelGuard {
  private slow = 0;
  private givenUp = 0;
  /** Monotonic milliseconds when a slow one was last counted. */
  private slowAt = Number.NEGATIVE_INFINITY;
  private restMs = FIRST_REST_MS;
  /** Monotonic milliseconds; undefined while the level is in use. */
  private restUntil: number | undefined;
  private trying = false;

  constructor(
    private readonly tier: CacheTier,
    private readonly parts: GuardParts,
  ) {}

  get level(): TierLevel {
    return this.tier.level;
  }

  get resting(): boolean {
    return this.restUntil !== undefined;
  }

  /**
   * @param id of the key that is looked up
   * @param late told of an answer that came too late
   * @returns undefined when there is no answer: the level rests, fails, or takes too long
   */
  async look<T extends object>(
    type: CacheType,
    id: string,
    ask: () => Promise<T>,
    late?: (answer: T) => void,
  ): Promise<T | undefined> {
    const { clock, observer } = this.parts;
    if (this.restUntil !== undefined) {
      if (clock.monotonic() >= this.restUntil) this.try(id);
      observer.looked(this.level, type, 'skipped');
      return undefined;
    }
    const began = clock.monotonic();
    const outcome = await patiently(clock, LIMITS, ask, late);
    if (outcome.state === 'answered') {
      this.tell(outcome.slow, false, began);
      return outcome.answer;
    }
    this.tell(true, outcome.state === 'late', began);
    observer.looked(this.level, type, 'error');
    return undefined;
  }

  /** Does what no caller waits for. @returns whether the level did it; skipped while it rests */
  async write(work: () => Promise<boolean>): Promise<boolean> {
    const { observer } = this.parts;
    if (this.resting) {
      observer.wrote(this.level, 'skipped');
      return false;
    }
    try {
      const kept = await work();
      observer.wrote(this.level, kept ? 'ok' : 'refused');
      return kept;
    } catch {
      observer.wrote(this.level, 'error');
      return false;
    }
  }

  private tell(slow: boolean, givenUp: boolean, began: number): void {
    if (!slow) {
      this.slow = 0;
      this.givenUp = 0;
    } else if (began >= this.slowAt) {
      // A hundred look-ups that one pause held up are one slow moment, not a hundred.
      this.slow += 1;
      this.slowAt = this.parts.clock.monotonic();
    }
    if (givenUp) this.givenUp += 1;
    if (this.resting) return; // it was asked before the rest began
    if (this.slow < SLOW_IN_A_ROW && this.givenUp < GIVEN_UP_IN_A_ROW) return;
    this.parts.observer.resting(this.level, true);
    this.restMs = FIRST_REST_MS;
    this.rest();
  }

  private rest(): void {
    const { clock, rng } = this.parts;
    this.restUntil = clock.monotonic() + this.restMs * (1 - REST_JITTER * rng.next());
  }

  private try(id: string): void {
    if (this.trying) return;
    this.trying = true;
    this.parts.background.run('cache-trial', async () => {
      const outcome = await patiently(this.parts.clock, LIMITS, () => this.tier.get(id));
      this.trying = false;
      if (outcome.state === 'answered' && !outcome.slow) this.wake();
      else {
        this.restMs = Math.min(2 * this.restMs, LONGEST_REST_MS);
        this.rest();
      }
    });
  }

  private wake(): void {
    this.restUntil = undefined;
    this.slow = 0;
    this.givenUp = 0;
    this.parts.observer.resting(this.level, false);
  }
}
