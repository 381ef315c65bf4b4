import { nodeRegistration, type NodeDirectory, type NodeRegistration } from '@mcp-cluster/cluster';
import type { Store } from '../connection/store.js';
import { END_LEASE, LIST_LEASES } from './lease.scripts.js';
import { leasePrefix, nodesKey } from './node-lease.js';

/** The nodes that hold a lease in Redis. An entry that no node of ours wrote is left out. */
export class RedisNodeDirectory implements NodeDirectory {
  constructor(private readonly store: Store) {}

  async list(): Promise<readonly NodeRegistration[]> {
    const { store } = this;
    const answer = await store.run(LIST_LEASES, [nodesKey(store)], [leasePrefix(store)]);
    return (answer as string[]).flatMap(readRegistration);
  }

  async declareGone(id: string): Promise<void> {
    const { store } = this;
    await store.run(END_LEASE, [leasePrefix(store) + id, nodesKey(store)], [id, '']);
  }
}

function readRegistration(json: string): readonly NodeRegistration[] {
  try {
    const read = nodeRegistration.safeParse(JSON.parse(json));
    return read.success ? [read.data] : [];
  } catch {
    return [];
  }
}
