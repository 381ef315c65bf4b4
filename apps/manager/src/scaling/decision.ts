import type { ClusterSignals, ScalingAction, ScalingReason } from '@mcp-cluster/cluster';

/** One decision as `GET /admin/decisions` shows it. Other programs rely on these names. */
export interface ScalingDecision {
  /** Wall time, ISO 8601. */
  readonly at: string;
  /** Nodes wanted before and after. Equal when the action is `none`. */
  readonly from: number;
  readonly to: number;
  readonly action: ScalingAction;
  readonly reason: ScalingReason;
  /** 0.9 out, 0.7 in, 1.0 none (P16). */
  readonly confidence: number;
  readonly signals: ClusterSignals;
  /** Fencing token of the term in which it was made. */
  readonly token: number;
  /** Whether it was handed on. False for `none`, in a dry run, and when it failed. */
  readonly applied: boolean;
  /** Why it was not applied: a stable code such as `store_unavailable` or `term_over`. */
  readonly error?: string;
}

/** What the admin API reads. */
export interface Decisions {
  /** The last ones, oldest first, at most 200. */
  list(): readonly ScalingDecision[];
}

/** What the admin API may order: `POST /admin/restart`. */
export interface RollingRestart {
  /**
   * Replaces every node by a new process, one at a time, the new one first. Resolves when the last old one is gone.
   * @throws LocalError `restart_running`, `stopping`, or `node_start_failed` when a new node does not get ready;
   *   then the rest is left as it was
   */
  restartAll(): Promise<void>;
}
