import { isPanic, OutlierDetector, type OutlierHost } from '@mcp-cluster/balance';
import {
  ejectedHealth,
  endsEjection,
  nextHealth,
  takesCalls,
  wouldTakeCalls,
  type NodeState,
  type NodeStatus,
  type Sighting,
} from '@mcp-cluster/cluster';
import type { Clock } from '@mcp-cluster/kernel';
import type { Link } from '../upstream/upstream.js';
import { ClusterNode, type CallFailure, type CallWatch, type NodeAddress } from './cluster-node.js';

/** A hundred times the largest cluster that autoscaling makes (20): more is a mistake of discovery, not a cluster. */
const MAX_NODES = 2000;

/**
 * Milliseconds a node may be down before the requests that it still has are given up. A node whose event
 * loop is stuck for some seconds fails its checks and answers in the end; one that is silent for ten will not.
 */
export const LOST_AFTER_MS = 10_000;

/** Told of every change of a node's state; `left` when it is no longer a member. */
export type MembershipListener = (node: ClusterNode, from: NodeState, to: NodeState | 'left') => void;

/** Told of every ejection, by what kind of failure came last. */
export type EjectionListener = (node: ClusterNode, how: CallFailure) => void;

/** Who is in the cluster and who takes calls: fed by discovery, health checks and what became of calls. */
export class Membership {
  private readonly members = new Map<string, ClusterNode>();
  private readonly listeners: MembershipListener[] = [];
  private readonly ejectionListeners: EjectionListener[] = [];
  private readonly suspicionListeners: ((node: ClusterNode) => void)[] = [];
  private readonly outliers = new OutlierDetector();
  private readonly hosts = new Map<ClusterNode, OutlierHost>();
  private takers: readonly ClusterNode[] = [];
  private chosenFrom: readonly ClusterNode[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly linkTo: (address: NodeAddress) => Link,
  ) {}

  /** Nodes that take calls. The array never changes: a change makes a new one. */
  get ready(): readonly ClusterNode[] {
    return this.takers;
  }

  /**
   * Nodes that a call may go to: `ready`, and in a panic all that would be ready if nothing was wrong with them; of
   * those that are out, only the ones that are `worthATrial`.
   */
  get candidates(): readonly ClusterNode[] {
    return this.chosenFrom;
  }

  /** Less than half of the nodes that should take calls do: that is not believed (experiment 27). */
  get panicking(): boolean {
    return this.chosenFrom !== this.takers;
  }

  /** All members, in the order in which they came. */
  nodes(): ClusterNode[] {
    return [...this.members.values()];
  }

  /** Told at once, before the call that made the change returns. */
  onChange(listener: MembershipListener): void {
    this.listeners.push(listener);
  }

  onEjection(listener: EjectionListener): void {
    this.ejectionListeners.push(listener);
  }

  /** A call failed at the node, which its checks may not know yet. */
  onSuspicion(listener: (node: ClusterNode) => void): void {
    this.suspicionListeners.push(listener);
  }

  /** Adds a node that discovery found, or notes that it is still there. A full cluster takes no more. */
  join(address: NodeAddress): void {
    const known = this.members.get(address.key);
    if (known !== undefined) {
      known.absent = false;
      return;
    }
    if (this.members.size >= MAX_NODES) return;
    const host = this.outliers.add();
    const watch: CallWatch = {
      clock: this.clock,
      answered: () => {
        this.outliers.succeeded(host);
      },
      failed: (how) => {
        this.callFailed(node, host, how);
      },
    };
    const node = new ClusterNode(address, this.linkTo(address), watch);
    this.members.set(address.key, node);
    this.hosts.set(node, host);
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

  /** A check did not reach the node. Three in a row make it `down`. */
  checkFailed(node: ClusterNode): void {
    this.sighted(node, 'failure');
  }

  private callFailed(node: ClusterNode, host: OutlierHost, how: CallFailure): void {
    // Its last calls end after it has left.
    if (!this.has(node)) return;
    if (this.outliers.failed(host, this.clock.monotonic())) {
      for (const listener of this.ejectionListeners) listener(node, how);
      this.become(node, ejectedHealth(node.health));
    }
    for (const listener of this.suspicionListeners) listener(node);
  }

  private sighted(node: ClusterNode, sighting: Sighting): void {
    // An answer may come from a node that has left in the meantime.
    if (!this.has(node)) return;
    this.become(node, nextHealth(node.health, sighting, this.staysEjected(node, sighting)));
    if (node.health.state === 'down') this.whileDown(node);
  }

  private staysEjected(node: ClusterNode, sighting: Sighting): boolean {
    const host = this.hosts.get(node);
    if (host?.ejected !== true) return false;
    const now = this.clock.monotonic();
    if (!this.outliers.isOver(host, now) && !endsEjection(node.health, sighting)) return true;
    this.outliers.release(host, now);
    return false;
  }

  private become(node: ClusterNode, health: ClusterNode['health']): void {
    const from = node.health.state;
    node.health = health;
    const to = health.state;
    if (from === to) return;
    node.downSince = to === 'down' ? this.clock.monotonic() : undefined;
    if (takesCalls(to)) node.beginTaking();
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
    const host = this.hosts.get(node);
    if (host !== undefined) this.outliers.remove(host);
    this.hosts.delete(node);
    this.refresh();
    this.tell(node, node.health.state, 'left');
    node.link.close();
  }

  private refresh(): void {
    const nodes = this.nodes();
    this.takers = nodes.filter((node) => takesCalls(node.health.state));
    const all = nodes.filter((node) => wouldTakeCalls(node.health.state));
    this.chosenFrom = isPanic(this.takers.length, all.length) ? all : this.takers;
  }

  private has(node: ClusterNode): boolean {
    return this.members.get(node.address.key) === node;
  }

  private tell(node: ClusterNode, from: NodeState, to: NodeState | 'left'): void {
    for (const listener of this.listeners) listener(node, from, to);
  }
}
