import { PeakEwma } from './peak-ewma.js';
import { SLOW_START_MS, slowStartShare } from './slow-start.policy.js';

/** What a node is asked for: a call, or a stream that stands until somebody ends it. */
export type LoadKind = 'calls' | 'streams';

/**
 * How many calls an open stream weighs. An idle one costs a comment every 15 s, about a millionth of a core, and a
 * call up to a whole one. More would hurt: streams stand for hours, so a node that joins has none, and with 0.1 it would
 * draw every call of a cluster with 5,000 streams a node until it had 500 under way. With 0.001 it is 5.
 */
export const STREAM_WEIGHT = 0.001;

/** What one manager knows of how busy and how quick a node is: what the choosers compare. No I/O, no clock of its own. */
export class NodeLoad {
  readonly rtt = new PeakEwma();
  private open: Record<LoadKind, number> = { calls: 0, streams: 0 };
  private warmingSince = -Infinity;
  private callsBegun = 0;

  /** Calls since the start. Only grows: whoever wants to know how many there were lately compares it with what it was. */
  get begun(): number {
    return this.callsBegun;
  }

  get calls(): number {
    return this.open.calls;
  }

  get streams(): number {
    return this.open.streams;
  }

  begin(kind: LoadKind): void {
    this.open[kind] += 1;
    if (kind === 'calls') this.callsBegun += 1;
  }

  end(kind: LoadKind): void {
    this.open[kind] -= 1;
  }

  /** The node begins to take calls, for the first time or again: its share grows from now on. */
  warm(now: number): void {
    this.warmingSince = now;
  }

  /** The share of calls that it takes part in while it is new, 0.1 … 1. */
  share(now: number): number {
    const age = now - this.warmingSince;
    return age >= SLOW_START_MS ? 1 : slowStartShare(age);
  }

  /** What is under way, in calls. */
  get active(): number {
    return this.open.calls + STREAM_WEIGHT * this.open.streams;
  }
}
