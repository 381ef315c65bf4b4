export interface TaskLimits {
  /** Milliseconds that a task is kept after its last change: an hour, so that a client that slept finds its result. */
  readonly ttlMs: number;
  /** Milliseconds that clients are told to wait between two polls. */
  readonly pollIntervalMs: number;
  /** Tasks that run at once on a node: each is a handler with its memory. */
  readonly running: number;
  /** Milliseconds after which a task that has not ended is stopped: a day. */
  readonly maxAgeMs: number;
}

export const DEFAULT_TASK_LIMITS: TaskLimits = {
  ttlMs: 3_600_000,
  pollIntervalMs: 1_000,
  running: 1_000,
  maxAgeMs: 86_400_000,
};
