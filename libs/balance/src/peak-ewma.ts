/** What may be told otherwise; the defaults are Envoy's (contrib `peak_ewma`). */
export interface PeakEwmaOptions {
  /** Milliseconds in which an estimate that nothing confirms falls to 1/e. */
  readonly decayMs?: number;
  /** Milliseconds that stand for a node that nobody has measured. */
  readonly defaultMs?: number;
}

/**
 * Ten seconds: long enough that one quick answer does not wipe out a slow one, short enough that a node which was slow
 * once is asked again within a minute.
 */
export const DECAY_MS = 10_000;
/** An ordinary call's time. Never zero: a node whose cost is zero looks free however many calls it has. */
export const DEFAULT_RTT_MS = 10;
/** Below this differences are those of the network and of our own event loop, and say nothing of a node. */
export const LEAST_RTT_MS = 1;
/**
 * What one failed call multiplies the estimate by. Relative, because a fixed sum that is much for a cluster of 5 ms
 * calls is a bargain in one of 10 s calls, where a node that fails at once would draw all of them.
 */
export const FAILURE_FACTOR = 10;
/** Milliseconds: the most that failures make of an estimate, so that it has fallen to 10 ms within 90 s. */
export const MAX_CHARGED_MS = 60_000;

/**
 * A moving average of the time to a node's first byte that believes bad news at once and good news slowly: a slower
 * sample replaces it, a quicker one pulls it down as time passes. Without samples it falls towards zero, so that
 * a node that was slow is tried again: nobody else will tell that it has recovered.
 *
 * Time to first byte and not duration: a stream of ten minutes is not a slow node.
 */
export class PeakEwma {
  private readonly decayMs: number;
  private readonly defaultMs: number;
  private value = 0;
  private at = 0;
  private known = false;
  private failed = false;
  private samples = 0;
  private sampledMs = 0;

  /** Throws a RangeError when an option is not above 0. */
  constructor(options: PeakEwmaOptions = {}) {
    this.decayMs = positive('decayMs', options.decayMs ?? DECAY_MS);
    this.defaultMs = positive('defaultMs', options.defaultMs ?? DEFAULT_RTT_MS);
  }

  /** Whether there was a sample or a failure since the start or the last `forget`. */
  get measured(): boolean {
    return this.known;
  }

  /** Whether a call failed after the last one that was answered. */
  get failing(): boolean {
    return this.failed;
  }

  /** Samples since the start, and the milliseconds of all: they only grow, and nothing is forgotten of them. */
  get answers(): number {
    return this.samples;
  }

  get totalMs(): number {
    return this.sampledMs;
  }

  /** @returns the estimate in milliseconds, `LEAST_RTT_MS` or more; the default for a node that was not measured */
  read(now: number): number {
    if (!this.known) return this.defaultMs;
    return Math.max(LEAST_RTT_MS, this.value * this.kept(now));
  }

  /**
   * @param ms time to first byte, 0 or more
   * @param now monotonic milliseconds, as in the other methods
   */
  observe(ms: number, now: number): void {
    const kept = this.kept(now);
    this.failed = false;
    this.samples += 1;
    this.sampledMs += ms;
    this.set(this.known ? Math.max(ms, this.value * kept + ms * (1 - kept)) : ms, now);
  }

  /** It takes at least this long: somebody gave up waiting. Only raises the estimate. */
  observeAtLeast(ms: number, now: number): void {
    if (ms > this.read(now)) this.set(ms, now);
  }

  /**
   * A call failed. However quickly: a node that refuses everything at once would otherwise be the quickest
   * of all, and draw every call (the black hole of latency-aware balancing).
   */
  charge(now: number): void {
    const base = Math.max(this.defaultMs, this.read(now));
    this.failed = true;
    this.set(Math.max(base, Math.min(base * FAILURE_FACTOR, MAX_CHARGED_MS)), now);
  }

  /** What was measured is no longer true: the node is another process now. */
  forget(): void {
    this.known = false;
    this.failed = false;
    this.value = 0;
  }

  private set(value: number, now: number): void {
    this.value = value;
    this.at = now;
    this.known = true;
  }

  private kept(now: number): number {
    return Math.exp(Math.min(0, this.at - now) / this.decayMs);
  }
}

function positive(name: string, value: number): number {
  if (!(value > 0 && value < Infinity))
    throw new RangeError(`${name}: expected a number above 0, got ${String(value)}`);
  return value;
}
