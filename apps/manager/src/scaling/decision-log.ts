import type { Decisions, ScalingDecision } from './decision.js';

/** Decisions that are kept, of those that change something and of those that do not: 25 minutes of quiet at 15 s each. */
export const KEPT_OF_EACH = 100;

export interface DecisionLines {
  info(fields: object, message: string): void;
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** The last decisions, and one log line for each. Quiet hours do not push out what happened before them. */
export class DecisionLog implements Decisions {
  private readonly changes: { at: number; decision: ScalingDecision }[] = [];
  private readonly quiet: { at: number; decision: ScalingDecision }[] = [];
  private count = 0;
  private last: ScalingDecision | undefined;

  constructor(private readonly lines: DecisionLines) {}

  list(): readonly ScalingDecision[] {
    return [...this.changes, ...this.quiet].sort((a, b) => a.at - b.at).map(({ decision }) => decision);
  }

  add(decision: ScalingDecision): void {
    const kept = decision.action === 'none' ? this.quiet : this.changes;
    kept.push({ at: (this.count += 1), decision });
    if (kept.length > KEPT_OF_EACH) kept.shift();
    this.write(decision);
    this.last = decision;
  }

  private write(decision: ScalingDecision): void {
    const { lines, last } = this;
    const isNews = last?.reason !== decision.reason || last.error !== decision.error || decision.action !== 'none';
    if (!isNews) lines.debug(decision, 'scaling decision');
    else if (decision.error === undefined) lines.info(decision, 'scaling decision');
    else lines.warn(decision, 'scaling decision was not carried out');
  }
}
