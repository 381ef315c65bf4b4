/** Numbers of the scaling policy. All percentages are 0 to 100 and more; the defaults are DEFAULT_SCALING. */
export interface ScalingSettings {
  /** Fewest and most nodes; 1 ≤ min ≤ max. */
  readonly min: number;
  readonly max: number;

  /** Nodes are added when one of these is exceeded (P16): mean processor percent of the nodes, … */
  readonly outCpu: number;
  /** … mean memory percent of their limit, … */
  readonly outMemory: number;
  /** … mean milliseconds of an answer, … */
  readonly outResponseMs: number;
  /** … calls that wait, in the whole cluster, … */
  readonly outQueue: number;
  /** … mean lag of the event loops, milliseconds. */
  readonly outLagMs: number;
  /** The size after that, in percent of the size before: 200 doubles. */
  readonly outFactorPercent: number;

  /** Nodes may be removed when all of these are undercut (P16). */
  readonly inCpu: number;
  readonly inMemory: number;
  readonly inResponseMs: number;
  /** The size after that, in percent of the size before, rounded up. */
  readonly inFactorPercent: number;

  /** What one node should have: open streams, calls at once, percent of the time that its event loop is busy. */
  readonly streamsTarget: number;
  readonly inFlightTarget: number;
  readonly eventLoopTarget: number;
  /** Percent by which a target may be missed before anything is done. */
  readonly tolerancePercent: number;

  /** Milliseconds over which the lowest recommendation counts before nodes are added, the highest before any goes. */
  readonly outWindowMs: number;
  readonly inWindowMs: number;
  /** Milliseconds in which at most max(outNodes, outPercent) are added and inPercent removed. */
  readonly periodMs: number;
  readonly outNodes: number;
  readonly outPercent: number;
  readonly inPercent: number;
  /** Most nodes that one decision adds or removes. */
  readonly maxStep: number;
  /** Milliseconds after a change in which there is no other. */
  readonly cooldownMs: number;
}

/**
 * P16's rules inside the windows and limits of the Kubernetes HPA. A node serves 1,000 streams and 200 calls at once
 * in a few hundred MB (reliability.md, experiment 16); 80 % leave an event loop room for a burst.
 */
export const DEFAULT_SCALING: ScalingSettings = {
  min: 2,
  max: 20,
  outCpu: 80,
  outMemory: 85,
  outResponseMs: 1_000,
  outQueue: 100,
  outLagMs: 250,
  outFactorPercent: 200,
  inCpu: 30,
  inMemory: 40,
  inResponseMs: 100,
  inFactorPercent: 60,
  streamsTarget: 1_000,
  inFlightTarget: 200,
  eventLoopTarget: 80,
  tolerancePercent: 10,
  outWindowMs: 0,
  inWindowMs: 300_000,
  periodMs: 15_000,
  outNodes: 4,
  outPercent: 100,
  inPercent: 100,
  maxStep: 20,
  cooldownMs: 0,
};
