// The clusters that the official suite is run against.
import process from 'node:process';
import { startRedis } from '@mcp-cluster/testkit/redis';
import { startCluster } from '../support/cluster.mjs';

const RESTART_EVERY_MS = 20_000;
const ENV = { LOG_LEVEL: 'warn' };

/** Each gives the cluster, what went wrong with it while the suite ran, and its end. */
export const CLUSTERS = [
  { name: 'memory', what: 'a manager with two nodes, no store', times: 1, start: withoutStore },
  {
    name: 'redis',
    what: `a manager with three nodes and Redis, one node restarted every ${RESTART_EVERY_MS / 1_000} s`,
    // The suite takes a quarter of a minute: each process is restarted while it runs.
    times: 4,
    start: withRestarts,
  },
];

async function withoutStore() {
  const cluster = await startCluster({ nodes: 2, env: { ...ENV, REDIS_URL: 'none' } });
  return { cluster, seen: () => [], stop: () => cluster.stop() };
}

async function withRestarts() {
  const redis = await startRedis();
  try {
    const cluster = await startCluster({ nodes: 3, env: { ...ENV, REDIS_URL: redis.url } });
    const restarts = new Restarts(cluster);
    return {
      cluster,
      seen: () => restarts.problems(),
      stop: async () => {
        await restarts.stop();
        await cluster.stop();
        await redis.stop();
      },
    };
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

/** Ends one node after the other with SIGTERM; the manager starts the next process in its place. */
class Restarts {
  constructor(cluster) {
    this.cluster = cluster;
    this.done = [];
    this.failed = [];
    this.last = undefined;
    this.timer = setInterval(() => this.begin(), RESTART_EVERY_MS);
    // The first one in the middle of the first scenarios.
    this.first = setTimeout(() => this.begin(), 2_000);
  }

  begin() {
    this.last = this.restart().catch((error) => this.failed.push(error.message));
  }

  async restart() {
    const nodes = (await this.cluster.nodes()).filter(({ state }) => state === 'ready');
    const node = nodes[this.done.length % nodes.length];
    if (node === undefined) throw new Error('no node was ready to be restarted');
    process.kill(node.pid, 'SIGTERM');
    this.done.push(node.id);
    await this.cluster.ready(3);
  }

  problems() {
    console.log(`\nrestarted while the suite ran: ${this.done.join(', ')}`);
    return [...this.failed, ...(this.done.length === 0 ? ['no node was restarted'] : [])];
  }

  async stop() {
    clearInterval(this.timer);
    clearTimeout(this.first);
    await this.last;
  }
}
