import type { Rng } from '@mcp-cluster/kernel';
import type { Allowances } from './checker/check-history.ts';
import type { ChaosCluster, ClusterPlan } from './cluster/chaos-cluster.ts';
import type { HistoryRecorder } from './workloads/history-recorder.ts';

/** One thing that an experiment measured, and what it may be. */
export interface Claim {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** At least one of the two is there. */
  readonly most?: number;
  readonly least?: number;
}

/** What an experiment is given. Everything that it starts through it ends with it. */
export interface Lab {
  readonly seed: number;
  readonly rng: Rng;
  /** The published sizes, not those of the short round. */
  readonly long: boolean;
  readonly history: HistoryRecorder;
  start(plan?: ClusterPlan): Promise<ChaosCluster>;
  onEnd(clean: () => Promise<unknown>): void;
  /** For the report: what helps to understand a number. */
  note(name: string, value: unknown): void;
  /** The checker's verdict about everything that was recorded, with the effects that the tools wrote down. */
  checked(cluster: ChaosCluster, allowances?: Allowances): Claim;
}

export interface Experiment {
  /** Its number in the list of experiments, or a name for what is not in it. */
  readonly id: string;
  readonly title: string;
  readonly expected: string;
  /** Why it cannot be run here; undefined when it can. */
  readonly missing?: () => string | undefined;
  run(lab: Lab): Promise<Claim[]>;
}

export function atMost(what: string, value: number, most: number, unit = ''): Claim {
  return { what, value, most, unit };
}

export function atLeast(what: string, value: number, least: number, unit = ''): Claim {
  return { what, value, least, unit };
}

export function exactly(what: string, value: number, wanted: number, unit = ''): Claim {
  return { what, value, most: wanted, least: wanted, unit };
}

/** NaN is never good: it says that nothing was measured. */
export function holds({ value, most, least }: Claim): boolean {
  return value <= (most ?? Infinity) && value >= (least ?? -Infinity);
}

/** The value below which that share of the values lies, at least one of them above it; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((first, second) => first - second);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
