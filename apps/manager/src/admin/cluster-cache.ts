import { takesCalls, type CacheReport, type CacheTarget } from '@mcp-cluster/cluster';
import { asError } from '@mcp-cluster/kernel';
import type { ClusterNode } from '../membership/cluster-node.js';
import type { Membership } from '../membership/membership.js';
import { conflict } from './admin.errors.js';
import { summarise, type CacheSummary } from './cache-summary.js';
import type { NodeCaches } from './node-caches.js';

/** A node that was asked and did not answer, and why, for people. */
export interface SilentNode {
  readonly id: string;
  readonly reason: string;
}

/** What `GET /admin/cache` answers: all nodes together, each of them, and those that said nothing. */
export interface ClusterCacheReport extends CacheSummary {
  readonly nodes: readonly CacheReport[];
  readonly silent: readonly SilentNode[];
}

/** Whether one node has forgotten what it was told to forget. */
export type InvalidatedNode = { readonly id: string; readonly done: true } | ({ readonly done: false } & SilentNode);

/** The caches of all nodes. At most 2,000 are asked at once, each over one connection: as many as there can be members. */
export class ClusterCache {
  constructor(
    private readonly membership: Pick<Membership, 'nodes'>,
    private readonly caches: NodeCaches,
  ) {}

  /** Of the nodes that take calls: what others have helps nobody now. */
  async report(): Promise<ClusterCacheReport> {
    const ready = this.membership.nodes().filter(({ health }) => takesCalls(health.state));
    const answers = await Promise.all(
      ready.map(async (node) => attempt(node, () => this.caches.report(node.address.managementOrigin))),
    );
    const nodes = answers.flatMap((answer) => ('value' in answer ? [answer.value] : []));
    const silent = answers.flatMap((answer) => ('value' in answer ? [] : [answer]));
    return { ...summarise(nodes), nodes, silent };
  }

  /**
   * Tells every member, also one that takes no calls now: it may take some in a moment. Each node tells the shared level and
   * the bus as well, so that one that can be told is enough where there is Redis; where there is none, each has to be.
   * @throws AdminError 409 `no_nodes`: nobody was there to be told
   */
  async invalidate(target: CacheTarget): Promise<InvalidatedNode[]> {
    const members = this.membership.nodes();
    if (members.length === 0) throw conflict('no_nodes', 'the cluster has no node that could forget anything');
    return Promise.all(
      members.map(async (node): Promise<InvalidatedNode> => {
        const answer = await attempt(node, () => this.caches.invalidate(node.address.managementOrigin, target));
        return 'reason' in answer ? { id: answer.id, done: false, reason: answer.reason } : { id: node.id, done: true };
      }),
    );
  }
}

async function attempt<T>({ id }: ClusterNode, work: () => Promise<T>): Promise<{ readonly value: T } | SilentNode> {
  try {
    return { value: await work() };
  } catch (thrown) {
    return { id, reason: asError(thrown).message };
  }
}
