/**
 * What a manager thinks of a node. `ejected` is the place of outlier detection: a node that answers its
 * health check and fails its calls.
 */
export const NODE_STATES = ['starting', 'ready', 'draining', 'ejected', 'down'] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** What a node says about itself. */
export type ReportedState = 'starting' | 'ready' | 'draining';

/** One thing seen of a node: it answered its health check with a state, or a check or call did not reach it. */
export type Sighting = ReportedState | 'failure';

/** Active check interval in milliseconds: with three failures a dead node is out in under 2 s. */
export const CHECK_INTERVAL_MS = 500;
/** Milliseconds a check may take; below the interval, so that one node has at most one check under way. */
export const CHECK_TIMEOUT_MS = 400;
/** Failures in a row that make a node `down`: one lost check is a pause of the event loop, three are not. */
export const FAILURES_TO_DOWN = 3;

/** State and the failures in a row that led to it. */
export interface Health {
  readonly state: NodeState;
  /** Failures in a row, 0 … FAILURES_TO_DOWN; held there, it says nothing more. */
  readonly failures: number;
}

/** A node that was heard of and not seen yet. */
export const UNSEEN: Health = { state: 'starting', failures: 0 };

/**
 * The next health after one sighting. Calls that failed count like checks, so a crashed node under load is
 * out at once; a single answer brings a node back, because a wrong `down` costs capacity and a wrong
 * `ready` only one retry.
 */
export function nextHealth(health: Health, sighting: Sighting): Health {
  if (sighting !== 'failure') return { state: sighting, failures: 0 };
  const failures = Math.min(health.failures + 1, FAILURES_TO_DOWN);
  return { state: failures >= FAILURES_TO_DOWN ? 'down' : health.state, failures };
}

/** Whether a node in this state is given new calls. A draining one finishes what it has and takes nothing new. */
export function takesCalls(state: NodeState): boolean {
  return state === 'ready';
}
