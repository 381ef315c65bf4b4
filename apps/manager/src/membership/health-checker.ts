import { CHECK_INTERVAL_MS, CHECK_TIMEOUT_MS, type NodeStatus } from '@mcp-cluster/cluster';
import { LocalError, type Background, type Clock, type Timer } from '@mcp-cluster/kernel';
import type { ClusterNode } from './cluster-node.js';
import type { Membership } from './membership.js';

/** Asks a node for its status. Rejects when it cannot be had or is none, and when the signal aborts. */
export type StatusProbe = (node: ClusterNode, signal: AbortSignal) => Promise<NodeStatus>;

/**
 * Active health checks: every node every 500 ms, each at most 400 ms, so at most one a node is under way. A node that
 * failed a call is checked at once: a crashed one under load is `down` after three failed calls, whatever share of
 * nodes may be ejected, and one that a client's request upset answers, and nothing happens.
 */
export class HealthChecker {
  private timer: Timer | undefined;
  private stopped = false;
  private readonly checking = new Set<ClusterNode>();

  constructor(
    private readonly membership: Membership,
    private readonly probe: StatusProbe,
    private readonly clock: Clock,
    private readonly background: Background,
  ) {}

  start(): void {
    this.timer = this.clock.every(CHECK_INTERVAL_MS, () => {
      this.checkAll();
    });
    this.membership.onSuspicion((node) => {
      if (!this.stopped) this.checkNow(node);
    });
    this.checkAll();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  /** Checks every node now, without waiting for the next turn: a node that just came is used sooner. */
  checkAll(): void {
    for (const node of this.membership.nodes()) this.checkNow(node);
  }

  private checkNow(node: ClusterNode): void {
    if (this.checking.has(node)) return;
    this.checking.add(node);
    this.background.run('health-check', () => this.check(node));
  }

  private async check(node: ClusterNode): Promise<void> {
    const abort = new AbortController();
    const limit = this.clock.after(CHECK_TIMEOUT_MS, () => {
      abort.abort(new LocalError('check_timeout', `no status within ${String(CHECK_TIMEOUT_MS)} ms`));
    });
    try {
      this.membership.answered(node, await this.probe(node, abort.signal));
    } catch {
      // Why it failed does not matter to health: it is counted, and the change of state is logged.
      this.membership.checkFailed(node);
    } finally {
      limit.cancel();
      this.checking.delete(node);
    }
  }
}
