import type { NodeState } from '@mcp-cluster/cluster';
import type { ClusterNode } from '../membership/cluster-node.js';

/** A node as `GET /admin/nodes` shows it. Other programs rely on these names. */
export interface NodeView {
  readonly id: string;
  readonly url: string;
  readonly state: NodeState;
  /** Of nodes that run on this machine. */
  readonly pid?: number;
  readonly version: string;
  /** What the node itself reported at its last health check, up to half a second ago. */
  readonly inFlight: number;
  readonly sessions: number;
  readonly streams: number;
}

export function nodeView({ id, url, health, address, report }: ClusterNode): NodeView {
  const { version, inFlight, sessions, streams } = report;
  const pid = address.pid === undefined ? {} : { pid: address.pid };
  return { id, url, state: health.state, ...pid, version, inFlight, sessions, streams };
}
