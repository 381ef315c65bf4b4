import { emptiest, type NodeState } from '@mcp-cluster/cluster';
import { LocalError, type Background, type Clock } from '@mcp-cluster/kernel';
import type { RollingRestart } from '../scaling/decision.js';
import { orderDrain, type DrainOrder } from './drain-order.js';
import { HungNodes } from './hung-nodes.js';
import { NodeRemoval, type HeldNode, type Members } from './node-removal.js';
import { RestartOfAll } from './rolling-restart.js';
import type { Supervisor, SupervisorLog } from './supervisor.js';

/** The members of the cluster, and news of them. */
export interface WatchedMembers extends Members {
  onChange(listener: (node: HeldNode, from: NodeState, to: NodeState | 'left') => void): void;
}

export interface FleetParts {
  readonly supervisor: Supervisor;
  readonly members: WatchedMembers;
  /** Nodes at the start. */
  readonly count: number;
  /** Milliseconds that the calls of a node which goes may take. */
  readonly drainMs: number;
  readonly clock: Clock;
  readonly background: Background;
  readonly log: SupervisorLog;
  readonly order?: DrainOrder;
}

/**
 * The nodes that this manager starts, as a number: makes more, takes away one at a time and empty, replaces those
 * that go by themselves.
 */
export class Fleet implements RollingRestart {
  private readonly removal: NodeRemoval;
  private readonly restart: RestartOfAll;
  private target: number;
  private shrinking = false;

  constructor(private readonly parts: FleetParts) {
    const { supervisor, members, clock, log, drainMs, background, order = orderDrain } = parts;
    this.target = parts.count;
    this.removal = new NodeRemoval({ supervisor, members, order, clock, log, drainMs });
    this.restart = new RestartOfAll({ supervisor, removal: this.removal, members, clock, log });
    const hung = new HungNodes({
      end: (id) => {
        supervisor.end(id);
      },
      clock,
      log,
    });
    members.onChange((node, _from, to) => {
      const { address } = node;
      if (to === 'left' || this.has(address.key)) hung.changed(node, to);
      if (to !== 'draining' || !this.has(address.key)) return;
      log.warn({ member: address.key }, 'node drains without an order of its manager and is replaced');
      supervisor.replace(address.key);
      background.run('replace-node', () => this.removal.remove(address.key, 'drained'));
    });
  }

  /** Nodes that are wanted. There may be more, which are about to go, or fewer, which are about to come. */
  get wanted(): number {
    return this.target;
  }

  /** Whether it is a node of this manager that is to stay. */
  has(id: string): boolean {
    return this.parts.supervisor.staying().some((one) => one.id === id);
  }

  /**
   * Makes that many nodes: new ones at once; one after another goes. A node that has begun to drain is not taken back,
   * since its port closes: when more are wanted meanwhile, a new one starts.
   * @param to at least 1
   */
  resize(to: number): void {
    this.target = to;
    this.settle();
  }

  /**
   * Removes a node on purpose; no other one takes its place. Resolves when it is gone.
   * @throws LocalError `unknown_node`, or `last_node`
   */
  async remove(id: string): Promise<void> {
    if (!this.has(id)) throw new LocalError('unknown_node', `${id} is no node of this manager`);
    if (this.target <= 1) throw new LocalError('last_node', `${id} is the last node`);
    this.target -= 1;
    await this.removal.remove(id, 'ordered');
  }

  restartAll(): Promise<void> {
    return this.restart.run();
  }

  private settle(): void {
    const { supervisor, background } = this.parts;
    supervisor.grow(this.target);
    if (this.shrinking || supervisor.size <= this.target) return;
    const victim = this.victim();
    if (victim === undefined) return;
    this.shrinking = true;
    background.run('scale-in', async () => {
      try {
        await this.removal.remove(victim, 'scale_in');
      } finally {
        this.shrinking = false;
        this.settle();
      }
    });
  }

  private victim(): string | undefined {
    const members = new Map(this.parts.members.nodes().map((node) => [node.address.key, node]));
    const candidates = this.parts.supervisor.staying().map(({ id, born }) => {
      const node = members.get(id);
      const { sessions = 0, streams = 0, inFlight = 0 } = node?.report ?? {};
      return { id, born, serving: node?.health.state === 'ready', sessions, streams, inFlight };
    });
    return emptiest(candidates)?.id;
  }
}
