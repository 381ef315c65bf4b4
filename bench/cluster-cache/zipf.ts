import { join } from 'node:path';
import { seededRng } from '@mcp-cluster/kernel';
import { ROOT } from '../harness/machine.ts';
import { startCluster, type Cluster } from '../../test/support/cluster.mjs';
import { scrape } from '../../test/support/metrics.ts';
import { callTool } from './mcp-requests.ts';

const TOOLS = join(ROOT, 'test/support/tools');
const NODES = 3;
/** Callers that each have one call under way. */
const CALLERS = 24;
/** Bytes of an answer: a small tool result. */
const ANSWER_BYTES = 500;

export interface ZipfPlan {
  /** Entries of each node's first level; there are ten times as many keys. */
  readonly entries: number;
  readonly routing: 'cache-aware' | 'balanced';
  /** Calls that fill the caches, and those that are counted. */
  readonly warmup: number;
  readonly calls: number;
  readonly seed: number;
}

export interface ZipfRun extends ZipfPlan {
  readonly l1HitRatio: number;
  readonly l2HitRatio: number;
  /** Loads a hundred calls. */
  readonly loadsPercent: number;
  /** Calls of the busiest node, as a multiple of the mean. */
  readonly busiest: number;
  readonly seconds: number;
}

/** Calls of one cached tool whose keys follow Zipf's law (s = 1.0), against a cluster of three nodes with a Redis. */
export async function measureZipf(plan: ZipfPlan, redisUrl: string): Promise<ZipfRun> {
  const args = ['--redis', redisUrl, '--redis-prefix', `zipf-${plan.routing}-${String(plan.entries)}:`];
  const cluster = await startCluster({
    nodes: NODES,
    fixtures: false,
    args: [...args, '--routing', plan.routing],
    env: { TOOLS_DIR: TOOLS, CACHE_ENTRIES: String(plan.entries), CACHE_PREFETCH: 'false' },
  });
  try {
    const draw = zipf(10 * plan.entries, plan.seed);
    await callMany(cluster.url, plan.warmup, draw);
    const before = await counted(cluster);
    const began = performance.now();
    await callMany(cluster.url, plan.calls, draw);
    const seconds = (performance.now() - began) / 1_000;
    const after = await counted(cluster);
    const share = after.map((node, at) => node.looked - (before[at]?.looked ?? 0));
    const of = (name: 'l1' | 'l2' | 'loads'): number => sum(after, name) - sum(before, name);
    const all = share.reduce((total, calls) => total + calls, 0);
    return {
      ...plan,
      l1HitRatio: of('l1') / all,
      l2HitRatio: of('l2') / all,
      loadsPercent: (100 * of('loads')) / all,
      busiest: (Math.max(...share) * NODES) / all,
      seconds,
    };
  } finally {
    await cluster.stop();
  }
}

interface Counts {
  readonly looked: number;
  readonly l1: number;
  readonly l2: number;
  readonly loads: number;
}

async function counted(cluster: Cluster): Promise<Counts[]> {
  const nodes = await cluster.nodes();
  const sorted = nodes.map(({ id }) => id).toSorted();
  return Promise.all(
    sorted.map(async (id) => {
      const metrics = await scrape(cluster.nodeManagementUrl(id));
      const looked = (cache_level: string, result?: string): number =>
        metrics.sum('mcp_cache_lookups_total', { cache_level, type: 'tool_result', ...(result && { result }) });
      const loads = metrics.sum('mcp_cache_loads_total', { type: 'tool_result' });
      return { looked: looked('l1'), l1: looked('l1', 'hit'), l2: looked('l2', 'hit'), loads };
    }),
  );
}

function sum(counts: readonly Counts[], name: keyof Counts): number {
  return counts.reduce((total, one) => total + one[name], 0);
}

async function callMany(url: string, calls: number, draw: () => number): Promise<void> {
  let left = calls;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const key = `key-${String(draw())}`;
      const text = await callTool(url, 'lookup', { key, bytes: ANSWER_BYTES });
      if (!text.startsWith(`${key} `)) throw new Error(`asked for ${key}, got ${text.slice(0, 40)}`);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

/** Draws 1 … count, the n-th with a share of 1/n. */
export function zipf(count: number, seed: number): () => number {
  const rng = seededRng(seed);
  const cumulated = new Float64Array(count);
  let total = 0;
  for (let rank = 1; rank <= count; rank += 1) cumulated[rank - 1] = total += 1 / rank;
  return () => {
    const wanted = rng.next() * total;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulated[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}
