import type { Clock, Timer } from '@mcp-cluster/kernel';

/**
 * The cluster's time: Redis' `TIME`, carried on between two samples by the monotonic clock, so that a node whose wall
 * clock jumps expires nothing early and keeps nothing too long (reliability.md, experiment 23). Before the first sample
 * it is the wrapped clock's. Durations and timers are the wrapped clock's own.
 */
export class RedisTime implements Clock {
  private base: { readonly time: number; readonly at: number } | undefined;

  constructor(private readonly clock: Clock) {}

  /** Whether `now()` is Redis' time. */
  get sampled(): boolean {
    return this.base !== undefined;
  }

  now(): number {
    if (this.base === undefined) return this.clock.now();
    return Math.floor(this.base.time + this.clock.monotonic() - this.base.at);
  }

  monotonic(): number {
    return this.clock.monotonic();
  }

  after(ms: number, fn: () => void): Timer {
    return this.clock.after(ms, fn);
  }

  every(ms: number, fn: () => void): Timer {
    return this.clock.every(ms, fn);
  }

  /**
   * Takes a sample. Redis read its clock somewhere between the question and the answer: the middle errs least.
   * @param time Redis' time, milliseconds since the Unix epoch
   * @param askedAt when the question was sent, on the monotonic clock
   */
  sample(time: number, askedAt: number): void {
    this.base = { time, at: (askedAt + this.clock.monotonic()) / 2 };
  }
}
