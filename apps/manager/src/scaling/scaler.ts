import {
  ScalingPolicy,
  type Leadership,
  type Recommendation,
  type ScalingSettings,
  type Term,
} from '@mcp-cluster/cluster';
import { errorCode, LocalError, type Background, type Clock, type Timer } from '@mcp-cluster/kernel';
import type { ClusterLoad } from './cluster-load.js';
import type { ScalingDecision } from './decision.js';
import type { ScaleTarget } from './scale-target.js';

export interface ScalerParts {
  readonly settings: ScalingSettings;
  /** Milliseconds between two decisions. */
  readonly intervalMs: number;
  /** Decide, and change nothing. */
  readonly dryRun: boolean;
  readonly leadership: Pick<Leadership, 'term'>;
  readonly load: ClusterLoad;
  readonly target: ScaleTarget;
  readonly clock: Clock;
  readonly background: Background;
  /** Told of every decision. */
  readonly decided: (decision: ScalingDecision) => void;
}

/** Decides again and again how many nodes there should be, while this manager leads. */
export class Scaler {
  private timer: Timer | undefined;
  private deciding = false;
  private policy: { readonly token: number; readonly of: ScalingPolicy } | undefined;
  private lastWanted: number | undefined;

  constructor(private readonly parts: ScalerParts) {}

  start(): void {
    this.timer = this.parts.clock.every(this.parts.intervalMs, () => {
      this.tick();
    });
  }

  stop(): void {
    this.timer?.cancel();
  }

  /** What the last decision of the present term wants. */
  get desired(): number | undefined {
    return this.parts.leadership.term?.token === this.policy?.token ? this.lastWanted : undefined;
  }

  private tick(): void {
    const { term } = this.parts.leadership;
    // A store that answers late is asked once at a time.
    if (term === undefined || this.deciding) return;
    this.deciding = true;
    this.parts.background.run('scaling', async () => {
      try {
        await this.decide(term);
      } finally {
        this.deciding = false;
      }
    });
  }

  private async decide(term: Term): Promise<void> {
    const { clock, load, target } = this.parts;
    let from: number;
    try {
      from = await target.current();
    } catch (thrown) {
      const size = this.lastWanted ?? load.count;
      const unknown: Recommendation = { from: size, to: size, action: 'none', reason: 'size_unknown', confidence: 1 };
      this.record(term, unknown, { signals: load.signals(Math.max(1, size)), error: codeOf(thrown) });
      return;
    }
    const signals = load.signals(from);
    const policy = this.policyOf(term);
    const made = policy.recommend(clock.monotonic(), from, signals);
    this.lastWanted = made.to;
    if (made.action === 'none' || this.parts.dryRun) {
      this.record(term, made, { signals });
      return;
    }
    try {
      await this.apply(term, made.to);
    } catch (thrown) {
      this.lastWanted = from;
      this.record(term, made, { signals, error: codeOf(thrown) });
      return;
    }
    policy.applied(clock.monotonic(), made);
    this.record(term, made, { signals, applied: true });
  }

  private async apply(term: Term, to: number): Promise<void> {
    // Another manager leads by now, and may have decided otherwise.
    if (this.parts.leadership.term?.token !== term.token)
      throw new LocalError('term_over', `the term of token ${String(term.token)} is over`);
    await this.parts.target.apply(to, term);
  }

  /** A leader begins anew: what it saw in an earlier term is old. */
  private policyOf({ token }: Term): ScalingPolicy {
    if (this.policy?.token !== token) this.policy = { token, of: new ScalingPolicy(this.parts.settings) };
    return this.policy.of;
  }

  private record(
    { token }: Term,
    made: Recommendation,
    { signals, applied = false, error }: Pick<ScalingDecision, 'signals'> & { applied?: boolean; error?: string },
  ): void {
    const at = new Date(this.parts.clock.now()).toISOString();
    this.parts.decided({ at, ...made, signals, token, applied, ...(error === undefined ? {} : { error }) });
  }
}

function codeOf(thrown: unknown): string {
  return errorCode(thrown) ?? 'internal';
}
