import type { ReportedLoad } from './wire.schema.js';

/** What one node that takes calls has told lately. */
export interface NodeSignals {
  readonly streams: number;
  readonly inFlight: number;
  /** Not there when the node does not measure it, as one of an older version. */
  readonly load?: ReportedLoad | undefined;
}

/** What the cluster as a whole shows at one moment. Shown in `/admin/decisions`; other programs rely on the names. */
export interface ClusterSignals {
  /** Nodes that told everything. */
  readonly known: number;
  /** Nodes that should be there and told nothing, or not everything: starting, hung, lost. */
  readonly missing: number;
  /** Means over all nodes, those that are missing counted as 0. */
  readonly cpuPercent: number;
  readonly memoryPercent: number;
  readonly eventLoopPercent: number;
  readonly eventLoopLagMs: number;
  readonly streamsPerNode: number;
  readonly inFlightPerNode: number;
  /** Mean over the calls that ended, 0 without any. */
  readonly responseMs: number;
  /** Calls that wait, at the nodes and at the manager. */
  readonly queue: number;
}

/**
 * Adds up what nodes told.
 * @param current nodes that should be there, at least 1
 * @param waiting calls that wait at the manager
 */
export function clusterSignals(current: number, nodes: readonly NodeSignals[], waiting: number): ClusterSignals {
  const loads = nodes.map(({ load }) => load).filter((load) => load !== undefined);
  // A missing node counts as idle, as with the HPA: only what is known speaks for more nodes.
  const count = Math.max(current, nodes.length, 1);
  const sum = <T>(of: readonly T[], value: (one: T) => number): number =>
    of.reduce((total, one) => total + value(one), 0);
  const calls = sum(loads, (load) => load.calls);
  return {
    known: loads.length,
    missing: Math.max(0, count - loads.length),
    cpuPercent: sum(loads, (load) => load.cpuPercent) / count,
    memoryPercent: sum(loads, (load) => load.memoryPercent) / count,
    eventLoopPercent: sum(loads, (load) => load.eventLoopPercent) / count,
    eventLoopLagMs: sum(loads, (load) => load.eventLoopLagMs) / count,
    streamsPerNode: sum(nodes, (node) => node.streams) / count,
    inFlightPerNode: sum(nodes, (node) => node.inFlight) / count,
    responseMs: calls === 0 ? 0 : sum(loads, (load) => load.responseMs * load.calls) / calls,
    queue: waiting + sum(loads, (load) => load.queue),
  };
}
