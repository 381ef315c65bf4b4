/**
 * What a manager thinks of a node. `ejected` is the verdict of outlier detection: the node answers its
 * health checks and fails its calls.
 */
export const NODE_STATES = ['starting', 'ready', 'draining', 'ejected', 'down'] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** What a node says about itself. */
export type ReportedState = 'starting' | 'ready' | 'draining';

/** One thing seen of a node: it answered its health check with a state, or a check did not reach it. */
export type Sighting = ReportedState | 'failure';

/**
 * Active check interval in milliseconds. A node that hangs right after a check is `down` after at most
 * one interval for the next check, two more intervals and a timeout: 1.9 s.
 */
export const CHECK_INTERVAL_MS = 500;
/** Milliseconds a check may take; below the interval, so that one node has at most one check under way. */
export const CHECK_TIMEOUT_MS = 400;
/** Failures in a row that make a node `down`: one lost check is a pause of the event loop, three are not. */
export const FAILURES_TO_DOWN = 3;

/** State and the failures in a row that led to it. */
export interface Health {
  readonly state: NodeState;
  /** Failed checks in a row, 0 … FAILURES_TO_DOWN; held there, it says nothing more. */
  readonly failures: number;
}

/** A node that was heard of and not seen yet. */
export const UNSEEN: Health = { state: 'starting', failures: 0 };

/**
 * The next health after one sighting. Checks alone decide `down`; calls that fail make the next check come at
 * once. A single answer brings a node back, because a wrong `down` costs capacity and a wrong `ready` only one retry.
 * @param ejected whether outlier detection keeps the node out: a node that is ready for its checks is not ready for calls
 */
export function nextHealth(health: Health, sighting: Sighting, ejected = false): Health {
  if (sighting === 'failure') {
    const failures = Math.min(health.failures + 1, FAILURES_TO_DOWN);
    return { state: failures >= FAILURES_TO_DOWN ? 'down' : health.state, failures };
  }
  return { state: sighting === 'ready' && ejected ? 'ejected' : sighting, failures: 0 };
}

/** The health of a node that outlier detection has just ejected. Whoever is not ready is out already. */
export function ejectedHealth(health: Health): Health {
  return health.state === 'ready' ? { state: 'ejected', failures: health.failures } : health;
}

/**
 * Whether an answered check ends an ejection before its time. Envoy lets every good check do that, which suits
 * checks that fail when calls do; here the check passes all the time while the calls fail, so the ejection would be
 * over after half a second, again and again. Only a check that tells of something new counts: the node was `down`
 * in the meantime, or it says that it is starting, so it is another process.
 */
export function endsEjection(health: Health, sighting: Sighting): boolean {
  return sighting === 'starting' || (sighting === 'ready' && health.state === 'down');
}

/** Whether a node in this state is given new calls. A draining one finishes what it has and takes nothing new. */
export function takesCalls(state: NodeState): boolean {
  return state === 'ready';
}

/** Whether a node in this state would take calls if nothing was wrong: those that a panic is reckoned over. */
export function wouldTakeCalls(state: NodeState): boolean {
  return state !== 'starting' && state !== 'draining';
}
