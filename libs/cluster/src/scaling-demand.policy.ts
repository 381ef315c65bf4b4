import type { ClusterSignals } from './scaling-signals.js';
import type { ScalingSettings } from './scaling.settings.js';

export const SCALING_ACTIONS = ['out', 'in', 'none'] as const;
export type ScalingAction = (typeof SCALING_ACTIONS)[number];

/** What asks for nodes, in the order in which it is named when several ask for as many. */
const LIMITS = ['cpu', 'memory', 'response_time', 'queue', 'event_loop_lag'] as const;
const TARGETS = ['streams', 'in_flight', 'event_loop'] as const;

/** Why a decision is what it is. A closed set: it is a label of a metric. */
export const SCALING_REASONS = [
  // out
  ...LIMITS,
  ...TARGETS,
  'below_min',
  // in
  'idle',
  'above_max',
  // none
  'steady',
  'within_tolerance',
  'at_max',
  'at_min',
  /** Something would go, but a node tells nothing: it may be the busy one. */
  'missing_metrics',
  /** No node tells anything: nothing changes. */
  'no_metrics',
  /** Nobody can say how many nodes are wanted now: nothing changes. */
  'size_unknown',
  'stabilising',
  'rate_limited',
  'cooldown',
] as const;
export type ScalingReason = (typeof SCALING_REASONS)[number];

/** What one moment asks for, before windows and limits. */
export interface Demand {
  /** From min to max where `current` is. */
  readonly desired: number;
  readonly reason: ScalingReason;
}

/**
 * P16's rules and the targets per node; the largest of their answers counts. The more load, the more nodes.
 * @param current nodes, min to max
 */
export function scalingDemand(current: number, signals: ClusterSignals, settings: ScalingSettings): Demand {
  if (signals.known === 0) return { desired: current, reason: 'no_metrics' };
  const wanted = [...byLimits(current, signals, settings), ...byTargets(current, signals, settings)];
  const most = wanted.reduce((best, one) => (one.desired > best.desired ? one : best));
  if (most.desired > current) {
    const desired = Math.min(most.desired, settings.max);
    return desired > current ? { desired, reason: most.reason } : { desired, reason: 'at_max' };
  }
  return isQuiet(signals, settings)
    ? whenQuiet(current, most.desired, signals, settings)
    : { desired: current, reason: isNearTarget(signals, settings) ? 'within_tolerance' : 'steady' };
}

/** `floor` is what the targets ask for. */
function whenQuiet(current: number, floor: number, signals: ClusterSignals, settings: ScalingSettings): Demand {
  if (current <= settings.min) return { desired: current, reason: 'at_min' };
  if (signals.missing > 0) return { desired: current, reason: 'missing_metrics' };
  const desired = Math.max(ceil((current * settings.inFactorPercent) / 100), settings.min, floor);
  if (desired < current) return { desired, reason: 'idle' };
  return { desired: current, reason: isNearTarget(signals, settings) ? 'within_tolerance' : 'steady' };
}

function byLimits(current: number, signals: ClusterSignals, settings: ScalingSettings): Demand[] {
  const exceeded: Readonly<Record<(typeof LIMITS)[number], boolean>> = {
    cpu: signals.cpuPercent > settings.outCpu,
    memory: signals.memoryPercent > settings.outMemory,
    response_time: signals.responseMs > settings.outResponseMs,
    queue: signals.queue > settings.outQueue,
    event_loop_lag: signals.eventLoopLagMs > settings.outLagMs,
  };
  const desired = ceil((current * settings.outFactorPercent) / 100);
  return LIMITS.filter((limit) => exceeded[limit]).map((reason) => ({ desired, reason }));
}

/** As the HPA: current · value / target, rounded up; current when the value is near its target. */
function byTargets(current: number, signals: ClusterSignals, settings: ScalingSettings): [Demand, ...Demand[]] {
  const demand = (reason: ScalingReason, ratio: number): Demand => ({
    desired: isNear(ratio, settings) ? current : ceil(current * ratio),
    reason,
  });
  const { streams, inFlight, eventLoop } = ratios(signals, settings);
  return [demand('streams', streams), demand('in_flight', inFlight), demand('event_loop', eventLoop)];
}

function ratios(signals: ClusterSignals, settings: ScalingSettings) {
  return {
    streams: signals.streamsPerNode / settings.streamsTarget,
    inFlight: signals.inFlightPerNode / settings.inFlightTarget,
    eventLoop: signals.eventLoopPercent / settings.eventLoopTarget,
  };
}

function isNearTarget(signals: ClusterSignals, settings: ScalingSettings): boolean {
  return Object.values(ratios(signals, settings)).some((ratio) => isNear(ratio, settings));
}

function isNear(ratio: number, { tolerancePercent }: ScalingSettings): boolean {
  return Math.abs(ratio - 1) <= tolerancePercent / 100 + ROUNDING;
}

function isQuiet(signals: ClusterSignals, settings: ScalingSettings): boolean {
  const { inCpu, inMemory, inResponseMs } = settings;
  return signals.cpuPercent < inCpu && signals.memoryPercent < inMemory && signals.responseMs < inResponseMs;
}

/** What floating point may have added: without this 10 % off would be over 10 %. */
const ROUNDING = 1e-9;

function ceil(value: number): number {
  return Math.ceil(value - ROUNDING);
}
