import { BoundedMap } from '@mcp-cluster/kernel';
import { confidenceOf, type Prediction } from './prediction.js';

export const HOUR_MS = 3_600_000;
const HOURS = 24;
/** Keys of one hour of the day: a quarter of the first level (P06). With 24 hours about 1 MB. */
export const MAX_KEYS_OF_AN_HOUR = 250;
/** An entry that lives shorter is mostly gone before it is asked for: when within the hour that is, nobody knows. */
export const LEAST_TTL_MS = HOUR_MS / 2;
/** Days after which the earlier ones count half. */
const DAYS_TO_HALVING = 14;

interface Seen {
  /** Day of the first case, moved on when the cases are halved. */
  firstDay: number;
  lastDay: number;
  /** Days on which it was asked for in this hour. */
  days: number;
  /** How often in all. */
  times: number;
}

/**
 * What is asked for in the same hour each day. The frequency is how often it was asked for in this hour; the share that
 * bounds the confidence is of the days since the first time, and one more for what two days cannot prove: two of two
 * days are 0.67, three of three 0.75. Hours are UTC's: where clocks are put forward it learns anew.
 */
export class HourPatterns {
  private hours: readonly BoundedMap<string, Seen>[] = [];

  constructor(private readonly keys = MAX_KEYS_OF_AN_HOUR) {
    this.clear();
  }

  get size(): number {
    return this.hours.reduce((sum, { size }) => sum + size, 0);
  }

  /** @param now wall milliseconds */
  learn(id: string, now: number): void {
    const { day, keys } = this.at(now);
    const seen = keys?.get(id);
    if (seen === undefined) keys?.set(id, { firstDay: day, lastDay: day, days: 1, times: 1 });
    else {
      seen.times += 1;
      if (day <= seen.lastDay) return;
      seen.days += 1;
      seen.lastDay = day;
    }
  }

  /**
   * What is likely to be asked for in the hour that begins now.
   * @param now wall milliseconds
   */
  predict(now: number): readonly Prediction[] {
    const { day, keys } = this.at(now);
    const found: Prediction[] = [];
    for (const [id, seen] of keys ?? []) {
      if (day - seen.firstDay > DAYS_TO_HALVING) halve(seen, day);
      const share = seen.days / (day - seen.firstDay + 1);
      const confidence = seen.days > 1 ? confidenceOf(seen.times, share) : 0;
      if (confidence > 0) found.push({ id, confidence, reason: 'hour' });
    }
    return found;
  }

  clear(): void {
    this.hours = Array.from({ length: HOURS }, () => new BoundedMap(this.keys));
  }

  private at(now: number): { readonly day: number; readonly keys: BoundedMap<string, Seen> | undefined } {
    const hour = Math.floor(now / HOUR_MS);
    return { day: Math.floor(hour / HOURS), keys: this.hours[hour % HOURS] };
  }
}

function halve(seen: Seen, day: number): void {
  seen.firstDay = day - Math.floor((day - seen.firstDay) / 2);
  seen.days = Math.floor(seen.days / 2);
  seen.times = Math.floor(seen.times / 2);
}
