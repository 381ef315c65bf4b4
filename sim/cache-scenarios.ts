import type { CacheScenario } from './cache-simulate.ts';
import { lognormal } from './service-times.ts';

/** 1,000 entries is what a node has (P06). */
export const CACHE_SCENARIOS: readonly CacheScenario[] = [
  ...[20, 100, 1000].flatMap((size) =>
    [3, 10, 20].map((nodes) => ({
      name: `caches of ${size.toLocaleString('en-US')} entries, ${String(nodes)} nodes`,
      nodes,
      size,
    })),
  ),
  {
    name: 'caches of 1,000 entries, 3 nodes, skewed loads (lognormal σ 1.5)',
    nodes: 3,
    size: 1000,
    loads: lognormal(1.5),
  },
  ...[3, 10].map((slower) => ({
    name: `caches of 1,000 entries, 3 nodes, one ${String(slower)} times slower`,
    nodes: 3,
    size: 1000,
    trouble: { slower },
  })),
  { name: 'caches of 1,000 entries, 3 nodes, one fails at once', nodes: 3, size: 1000, trouble: { failsFast: true } },
];
