import { scalingDemand, type ScalingAction, type ScalingReason } from './scaling-demand.policy.js';
import type { ClusterSignals } from './scaling-signals.js';
import { ChangesInPeriod, ExtremeInWindow } from './scaling-window.policy.js';
import type { ScalingSettings } from './scaling.settings.js';

/** How sure each action is (P16): a lack of nodes shows in what is measured, a surplus is only inferred. */
const CONFIDENCE: Readonly<Record<ScalingAction, number>> = { out: 0.9, in: 0.7, none: 1 };

/** What should be done now. */
export interface Recommendation {
  readonly from: number;
  /** Equal to `from` when the action is `none`. */
  readonly to: number;
  readonly action: ScalingAction;
  readonly reason: ScalingReason;
  /** 0 to 1. */
  readonly confidence: number;
}

/**
 * How many nodes there should be: what the moment asks for, held by windows, limited in its speed, as the HPA does
 * it. Knows what it recommended before, so one is made for each term of a leader; it begins with a whole window
 * in which nothing is removed, since it cannot know what was needed before.
 */
export class ScalingPolicy {
  private readonly lowest: ExtremeInWindow;
  private readonly highest: ExtremeInWindow;
  private readonly changes: ChangesInPeriod;
  private begun = false;
  private changedAt: number | undefined;

  constructor(private readonly settings: ScalingSettings) {
    this.lowest = new ExtremeInWindow('smallest', settings.outWindowMs);
    this.highest = new ExtremeInWindow('largest', settings.inWindowMs);
    this.changes = new ChangesInPeriod(settings.periodMs);
  }

  /**
   * @param now monotonic milliseconds
   * @param current nodes that are wanted at present, at least 1
   */
  recommend(now: number, current: number, signals: ClusterSignals): Recommendation {
    const { min, max } = this.settings;
    // The bounds are an order, not an inference: no metric, no window and no limit stands against them.
    if (current < min) return this.toBound(now, current, min, 'below_min');
    if (current > max) return this.toBound(now, current, max, 'above_max');
    if (!this.begun) this.note(now, current);
    const demand = scalingDemand(current, signals, this.settings);
    const held = this.note(now, demand.desired);
    // Between the two the size stays: more is not needed for long enough, less not possible for long enough.
    const stable = Math.max(Math.min(current, held.highest), held.lowest);
    if (demand.desired === current) return none(current, demand.reason);
    if (stable === current) return none(current, 'stabilising');
    if (this.isCooling(now)) return none(current, 'cooldown');
    const to = this.limited(now, current, stable);
    return to === current ? none(current, 'rate_limited') : change(current, to, demand.reason);
  }

  /** A recommendation was carried out. Only this counts for limits and cooldown. */
  applied(now: number, { from, to }: Pick<Recommendation, 'from' | 'to'>): void {
    if (from === to) return;
    this.changes.add(now, to - from);
    this.changedAt = now;
  }

  private toBound(now: number, from: number, to: number, reason: ScalingReason): Recommendation {
    this.note(now, to);
    return { ...change(from, to, reason), confidence: 1 };
  }

  private note(now: number, desired: number): { lowest: number; highest: number } {
    this.begun = true;
    return { lowest: this.lowest.add(now, desired), highest: this.highest.add(now, desired) };
  }

  private isCooling(now: number): boolean {
    return this.changedAt !== undefined && now - this.changedAt < this.settings.cooldownMs;
  }

  private limited(now: number, current: number, wanted: number): number {
    const { outNodes, outPercent, inPercent, maxStep } = this.settings;
    const start = this.changes.startOf(now, current);
    if (wanted > current) {
      const most = Math.max(start + outNodes, Math.ceil(start * (1 + outPercent / 100)));
      return Math.max(current, Math.min(wanted, most, current + maxStep));
    }
    const fewest = Math.floor(start * (1 - inPercent / 100));
    return Math.min(current, Math.max(wanted, fewest, current - maxStep));
  }
}

function change(from: number, to: number, reason: ScalingReason): Recommendation {
  const action = to > from ? 'out' : 'in';
  return { from, to, action, reason, confidence: CONFIDENCE[action] };
}

function none(current: number, reason: ScalingReason): Recommendation {
  return { from: current, to: current, action: 'none', reason, confidence: CONFIDENCE.none };
}
