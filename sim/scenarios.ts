import { lognormal, pareto } from './service-times.ts';
import type { Scenario } from './simulate.ts';

const mild = lognormal(0.5);

/** What the policies are put through. Sizes are 3, 20 and 500 nodes; the largest run shorter, they have calls enough. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'all well, 3 nodes', nodes: 3, utilisation: 0.7, seconds: 120, serviceTimes: mild },
  { name: 'skewed (lognormal σ 1.5), 3 nodes', nodes: 3, utilisation: 0.7, seconds: 120, serviceTimes: lognormal(1.5) },
  {
    name: 'skewed (lognormal σ 1.5), 20 nodes',
    nodes: 20,
    utilisation: 0.7,
    seconds: 60,
    serviceTimes: lognormal(1.5),
  },
  { name: 'heavy tail (Pareto α 1.5), 20 nodes', nodes: 20, utilisation: 0.7, seconds: 60, serviceTimes: pareto(1.5) },
  ...[3, 20].map((nodes) => ({
    name: `one node 3 times slower, ${String(nodes)} nodes`,
    nodes,
    utilisation: 0.5,
    seconds: 60,
    serviceTimes: mild,
    trouble: { slower: 3 },
  })),
  ...[3, 20, 500].map((nodes) => ({
    name: `one node 10 times slower, ${String(nodes)} nodes`,
    nodes,
    utilisation: 0.5,
    seconds: nodes === 500 ? 10 : 60,
    serviceTimes: mild,
    trouble: { slower: 10 },
  })),
  ...[3, 20, 500].map((nodes) => ({
    name: `one node fails at once, ${String(nodes)} nodes`,
    nodes,
    utilisation: 0.5,
    seconds: nodes === 500 ? 10 : 60,
    serviceTimes: mild,
    trouble: { failsFast: true },
  })),
  ...[3, 20].map((nodes) => ({
    name: `one node pauses 2 s every 10 s, ${String(nodes)} nodes`,
    nodes,
    utilisation: 0.5,
    seconds: 60,
    serviceTimes: mild,
    trouble: { pauses: { ms: 2000, everyMs: 10_000 } },
  })),
  {
    name: 'a cold node joins 3',
    nodes: 3,
    utilisation: 0.8,
    seconds: 40,
    serviceTimes: mild,
    joins: { coldFactor: 20 },
  },
  {
    name: 'skewed (lognormal σ 1.5), 20 nodes, 8 managers',
    nodes: 20,
    managers: 8,
    utilisation: 0.7,
    seconds: 60,
    serviceTimes: lognormal(1.5),
  },
  {
    name: 'one node 10 times slower, 20 nodes, 8 managers',
    nodes: 20,
    managers: 8,
    utilisation: 0.5,
    seconds: 60,
    serviceTimes: mild,
    trouble: { slower: 10 },
  },
];
