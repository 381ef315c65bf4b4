import { nextHealth, takesCalls, type NodeState, type NodeStatus, type Sighting } from '@mcp-cluster/cluster';
import type { Clock } from '@mcp-cluster/kernel';
import type { Link } from '../upstream/upstream.js';
import { ClusterNode, type NodeAddress } from './cluster-node.js';

/** A hundred times the largest cluster that autoscaling makes (20): more is a mistake of discovery, not a cluster. */
const MAX_NODES = 2000;

/**
 * Milliseconds a node may be down before the requests that it still has are given up. A node whose event
 * loop is stuck for some seconds fails its checks and answers in the end; one that is silent for ten will not.
 */
export const LOST_AFTER_MS = 10_000;

/** Told of every change of a node's state; `left` when it is no longer a member. */
export type MembershipListener = (node: ClusterNode, from: NodeState, to: NodeState | 'left') => void;

/** Who is in the cluster and who takes calls: fed by discovery, health checks and failed calls. */
export class Membership {
  private readonly members = new Map<string, ClusterNode>();
  private readonly listeners: MembershipListener[] = [];
  private takers: readonly ClusterNode[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly linkTo: (address: NodeAddress) => Link,
  ) {}

  /** Nodes that take calls. The array never changes: a change makes a new one. */
  get ready(): readonly ClusterNode[] {
    return this.takers;
  }

  /** All members, in the order in which they came. */
  nodes(): ClusterNode[] {
    return [...this.members.values()];
  }

  onChange(listener: MembershipListener): void {
    this.listeners.push(listener);
  }

  /** Adds a node that discovery found, or notes that it is still there. A full cluster takes no more. */
  join(address: NodeAddress): void {
    const known = this.members.get(address.key);
    if (known !== undefined) {
      known.absent = false;
      return;
    }
    if (this.members.size >= MAX_NODES) return;
    this.members.set(address.key, new ClusterNode(address, this.linkTo(address)));
  }

  /** Removes a node that is certainly gone: its process ended. */
  leave(key: string): void {
    const node = this.members.get(key);
    if (node !== undefined) this.remove(node);
  }

  /** Discovery no longer lists the node. It goes only when health fails too: discovery can be wrong. */
  markAbsent(key: string): void {
    const node = this.members.get(key);
    if (node === undefined) return;
    node.absent = true;
    if (node.health.state === 'down') this.remove(node);
  }

  /** The node answered its check. */
  answered(node: ClusterNode, status: NodeStatus): void {
    node.id = status.id;
    node.report = status;
    this.sighted(node, status.state);
  }

  /** A check or a call did not reach the node. */
  failed(node: ClusterNode): void {
    this.sighted(node, 'failure');
  }

  private sighted(node: ClusterNode, sighting: Sighting): void {
    // An answer may come from a node that has left in the meantime.
    if (this.members.get(node.address.key) !== node) return;
    const from = node.health.state;
    node.health = nextHealth(node.health, sighting);
    const to = node.health.state;
    if (from !== to) this.changed(node, from, to);
    if (to === 'down') this.whileDown(node);
  }

  private changed(node: ClusterNode, from: NodeState, to: NodeState): void {
    node.downSince = to === 'down' ? this.clock.monotonic() : undefined;
    this.refresh();
    this.tell(node, from, to);
  }

  private whileDown(node: ClusterNode): void {
    if (node.absent) {
      this.remove(node);
      return;
    }
    const now = this.clock.monotonic();
    if (now - (node.downSince ?? now) < LOST_AFTER_MS) return;
    node.downSince = now;
    node.link.sever();
  }

  private remove(node: ClusterNode): void {
    this.members.delete(node.address.key);
    this.refresh();
    this.tell(node, node.health.state, 'left');
    node.link.close();
  }

  private refresh(): void {
    this.takers = this.nodes().filter((node) => takesCalls(node.health.state));
  }

  private tell(node: ClusterNode, from: NodeState, to: NodeState | 'left'): void {
    for (const listener of this.listeners) listener(node, from, to);
  }
}
