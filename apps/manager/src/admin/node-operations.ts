import { LocalError, sleep, type Background, type Clock } from '@mcp-cluster/kernel';
import type { ClusterNode } from '../membership/cluster-node.js';
import type { Membership } from '../membership/membership.js';
import type { DrainOrder } from '../supervisor/drain-order.js';
import { readStatus, statusOfReady, type AddedNode, type StatusReader } from './added-node.js';
import { conflict, invalidField, unknownNode } from './admin.errors.js';
import { nodeView, type NodeView } from './node-view.js';
import { Operations, type Operation } from './operations.js';

/** Milliseconds between looks at a node that starts or drains. */
const LOOK_MS = 100;
/** Milliseconds that a drain is watched: the longest drain timeout that can be set, an hour, and its delay. */
const WATCH_MS = 3_700_000;

/** The processes that this manager starts. */
export interface OwnNodes {
  has(id: string): boolean;
  /**
   * Starts one more.
   * @returns its id; undefined when instead one that was about to go by itself stays
   * @throws LocalError `too_many_nodes`, or `stopping`
   */
  addOne(): string | undefined;
  /** Drains it and ends its process; at once when forced. Resolves when it is gone. @throws LocalError `last_node` */
  remove(id: string, force: boolean): Promise<void>;
  /** Replaces all of them. @throws LocalError `node_start_failed`, or `stopping` */
  restartAll(): Promise<void>;
}

export interface NodeOperationParts {
  readonly membership: Pick<Membership, 'nodes' | 'ready'>;
  /** Only where this manager starts nodes. */
  readonly own: OwnNodes | undefined;
  /** Takes nodes that somebody else starts in and out. */
  readonly others: {
    add(node: AddedNode): void;
    /** Resolves when it is empty and no member any more. */
    remove(key: string, force: boolean): Promise<void>;
  };
  readonly order: DrainOrder;
  /** Milliseconds after its start in which a node must take calls. */
  readonly startMs: number;
  readonly clock: Clock;
  readonly background: Background;
  readonly readStatus?: StatusReader;
}

/** What operators may do to the nodes: P15 by hand. What takes its time is an Operation, begun here and looked up later. */
export class NodeOperations {
  readonly operations: Operations;

  constructor(private readonly parts: NodeOperationParts) {
    this.operations = new Operations(parts.clock, parts.background);
  }

  /**
   * Starts one more node.
   * @throws AdminError 400 where this manager starts none, 409 `operation_running`, `too_many_nodes`
   */
  start(): Operation {
    const { own } = this.parts;
    if (own === undefined) throw invalidField('url', undefined, 'the URL of a node: this manager starts none itself');
    this.operations.check();
    const id = refusing(() => own.addOne());
    return this.operations.begin('add', id, async () => {
      if (id !== undefined) await this.untilReady(id);
    });
  }

  /**
   * Takes a node that runs already into the cluster.
   * @throws AdminError 409 `node_exists`, `node_unreachable`, `node_not_ready`
   */
  async add(node: AddedNode): Promise<NodeView> {
    const status = await statusOfReady(node, this.parts.readStatus ?? readStatus);
    const twin = this.members().find(({ id, address }) => address.origin === node.origin || id === status.id);
    if (twin !== undefined)
      throw conflict('node_exists', `node ${twin.id} at ${twin.address.origin} is in the cluster already`);
    this.parts.others.add(node);
    const member = this.members().find(({ address }) => address.key === node.key);
    if (member === undefined) throw conflict('cluster_full', 'the cluster takes no more nodes');
    return nodeView(member);
  }

  /**
   * Lets a node finish what it has. One of ours ends after that and another one takes its place.
   * @throws AdminError 404 `unknown_node`, 409 `last_node`, `operation_running`
   */
  drain(id: string): Operation {
    const node = this.find(id);
    this.checkOthersServe(node);
    const replaced = this.parts.own?.has(node.address.key) === true;
    return this.operations.begin('drain', node.id, async () => {
      await this.parts.order(node.address.managementOrigin);
      await this.untilEmpty(node, replaced);
    });
  }

  /**
   * Drains a node and takes it out of the cluster; one of ours ends.
   * @param force does not wait for its calls, and takes the last one that serves too
   * @throws AdminError 404 `unknown_node`, 409 `last_node`, `operation_running`
   */
  remove(id: string, force: boolean): Operation {
    const node = this.find(id);
    if (!force) this.checkOthersServe(node);
    const { own, others } = this.parts;
    return this.operations.begin('remove', node.id, () =>
      own?.has(node.address.key) === true
        ? own.remove(node.address.key, force)
        : others.remove(node.address.key, force),
    );
  }

  /** @throws AdminError 409 `not_ours`, `operation_running` */
  restart(): Operation {
    const { own } = this.parts;
    if (own === undefined)
      throw conflict('not_ours', 'this manager starts no nodes: restart them where they run (kubectl rollout restart)');
    return this.operations.begin('restart', undefined, () => own.restartAll());
  }

  private members(): ClusterNode[] {
    return this.parts.membership.nodes();
  }

  private find(id: string): ClusterNode {
    const node = this.members().find((one) => one.id === id || one.address.key === id);
    if (node === undefined) throw unknownNode(id);
    return node;
  }

  private checkOthersServe(node: ClusterNode): void {
    if (this.parts.membership.ready.some((one) => one !== node)) return;
    throw conflict(
      'last_node',
      `no other node takes calls: without ${node.id} every call would fail (force removes it)`,
    );
  }

  private async untilReady(id: string): Promise<void> {
    const { membership, clock, startMs } = this.parts;
    const deadline = clock.monotonic() + startMs;
    while (!membership.ready.some(({ address }) => address.key === id)) {
      if (clock.monotonic() >= deadline)
        throw new LocalError(
          'node_start_failed',
          `${id} was not ready within ${String(startMs)} ms, and is tried again`,
        );
      await sleep(clock, LOOK_MS);
    }
  }

  /**
   * Only a report that says `draining` is from after the order; one that went away has nothing left either.
   * @param leaves whether it goes away by itself when it is empty
   */
  private async untilEmpty(node: ClusterNode, leaves: boolean): Promise<void> {
    const { clock } = this.parts;
    const deadline = clock.monotonic() + WATCH_MS;
    const busy = (): number => node.inFlight + node.report.inFlight + node.report.streams;
    while (this.members().includes(node) && node.health.state !== 'down') {
      if (!leaves && node.health.state === 'draining' && busy() === 0) return;
      if (clock.monotonic() >= deadline)
        throw new LocalError('drain_unfinished', `${String(busy())} requests still run`);
      await sleep(clock, LOOK_MS);
    }
  }
}

/** What the processes refuse before anything has begun is a conflict. */
function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw thrown instanceof LocalError ? conflict(thrown.code, thrown.message) : thrown;
  }
}
