import { startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import type { Lab } from '../experiment.ts';
import { TcpProxy } from '../faults/tcp-proxy.ts';
import { LookupClient } from '../workloads/lookup-client.ts';
import { soon } from '../workloads/time.ts';
import type { ChaosCluster, ClusterPlan } from './chaos-cluster.ts';
import { LookupSource } from './lookup-source.ts';
import type { NodeProcess } from './node-process.ts';

export interface CachedPlan extends ClusterPlan {
  /** Of the cache's Redis. */
  readonly cacheRedisArgs?: readonly string[];
  /** Put before `@` into the URL of the cache's Redis. */
  readonly credentials?: string;
  /** Between all nodes and the cache's Redis. Without it they reach it directly. */
  readonly throughNetwork?: boolean;
}

/** A cluster whose nodes share their cache in a Redis beside that of the state, maybe over a network that can be slow. */
export interface CachedCluster {
  readonly cluster: ChaosCluster;
  readonly redis: TestRedis;
  readonly network: TcpProxy | undefined;
  readonly source: LookupSource;
  readonly client: LookupClient;
}

export async function startCached(lab: Lab, plan: CachedPlan = {}): Promise<CachedCluster> {
  const { cacheRedisArgs = [], credentials, throughNetwork = false, ...rest } = plan;
  const source = new LookupSource();
  lab.onEnd(() => {
    source.remove();
    return Promise.resolve();
  });
  const redis = await startRedis(cacheRedisArgs);
  lab.onEnd(() => {
    redis.signal('SIGCONT');
    return redis.stop();
  });
  const network = throughNetwork ? await TcpProxy.to(redis.port) : undefined;
  lab.onEnd(() => network?.close() ?? Promise.resolve());
  const who = credentials === undefined ? '' : `${credentials}@`;
  const url = `redis://${who}127.0.0.1:${(network ?? redis).port}`;
  const cluster = await lab.start({
    ...rest,
    nodeEnv: { LOOKUP_LOG: source.log, CACHE_REDIS_URL: url, ...rest.nodeEnv },
  });
  return { cluster, redis, network, source, client: new LookupClient('c', cluster.urls, lab.history) };
}

export type Level = 'l1' | 'l2' | 'l3';

/** How often a level was asked and it ended so, over these nodes. */
export async function looked(nodes: readonly NodeProcess[], level: Level, ...results: string[]): Promise<number> {
  return counted(nodes, 'get', level, results);
}

export async function wrote(nodes: readonly NodeProcess[], level: Level, ...results: string[]): Promise<number> {
  return counted(nodes, 'set', level, results);
}

async function counted(nodes: readonly NodeProcess[], operation: string, level: Level, results: readonly string[]) {
  const metrics = await Promise.all(nodes.map((node) => node.metrics()));
  const count = (result: string): number => {
    const labels = `operation="${operation}",cache_level="${level}",result="${result}"`;
    return metrics.reduce((sum, one) => sum + (one.sum('mcp_cache_operations_total', labels) ?? 0), 0);
  };
  return results.reduce((sum, result) => sum + count(result), 0);
}

/** How many of the nodes leave a level alone. */
export async function resting(nodes: readonly NodeProcess[], level: 'l2' | 'l3'): Promise<number> {
  const metrics = await Promise.all(nodes.map((node) => node.metrics()));
  return metrics.reduce((sum, one) => sum + (one.sum('mcp_cache_resting', `cache_level="${level}"`) ?? Number.NaN), 0);
}

/** Resolves when each node has had an answer of the level since now; undefined if not in time. Somebody has to ask. */
export async function usedAgain(
  nodes: readonly NodeProcess[],
  level: 'l2' | 'l3',
  withinMs: number,
): Promise<true | undefined> {
  const answers = (node: NodeProcess): Promise<number> => looked([node], level, 'hit', 'miss', 'stale');
  const before = await Promise.all(nodes.map(answers));
  return soon(
    withinMs,
    async () => {
      const now = await Promise.all(nodes.map(answers));
      return now.every((count, at) => count > (before[at] ?? 0)) ? true : undefined;
    },
    250,
  );
}

/** What nodes have said of their disks, in their order. */
export function diskStates(nodes: readonly NodeProcess[]): string[] {
  return nodes
    .flatMap((node) => node.logs())
    .map(({ msg, reason }) => `${String(msg)}: ${typeof reason === 'string' ? reason : ''}`)
    .filter((line) => line.startsWith('the disk level of the cache'));
}
