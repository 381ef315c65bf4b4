import {
  CHECK_INTERVAL_MS,
  clusterSignals,
  type ClusterSignals,
  type NodeState,
  type ReportedLoad,
} from '@mcp-cluster/cluster';
import type { Clock } from '@mcp-cluster/kernel';

/** What scaling looks at in a member. */
export interface LoadedNode {
  readonly health: { readonly state: NodeState };
  /** Another object after each health check that was answered. */
  readonly report: { readonly inFlight: number; readonly streams: number; readonly load?: ReportedLoad | undefined };
  /** Calls of this manager that wait for a connection to it. */
  readonly waiting?: number;
}

/** Milliseconds after which what a node told is no longer its load: three checks have failed, or nobody checks any more. */
const STALE_AFTER_MS = 3 * CHECK_INTERVAL_MS;

/** What the nodes told in their last health checks, as one. */
export class ClusterLoad {
  /** When a report was seen first; reports go with their nodes. */
  private readonly seenAt = new WeakMap<object, number>();

  constructor(
    private readonly members: { nodes(): readonly LoadedNode[] },
    private readonly clock: Clock,
  ) {}

  /** Nodes that are members and not about to go. */
  get count(): number {
    return this.members.nodes().filter(({ health }) => health.state !== 'draining').length;
  }

  /** @param wanted nodes that should be there, at least 1 */
  signals(wanted: number): ClusterSignals {
    const nodes = this.members.nodes();
    const waiting = nodes.reduce((sum, node) => sum + (node.waiting ?? 0), 0);
    const told = nodes.filter((node) => this.tells(node));
    return clusterSignals(
      wanted,
      told.map(({ report }) => report),
      waiting,
    );
  }

  private tells({ health, report }: LoadedNode): boolean {
    const now = this.clock.monotonic();
    const since = this.seenAt.get(report) ?? now;
    this.seenAt.set(report, since);
    // An ejected node is up and has load; one that drains has what will be gone.
    return (health.state === 'ready' || health.state === 'ejected') && now - since <= STALE_AFTER_MS;
  }
}
