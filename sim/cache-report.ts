import { KEYS_PER_ENTRY, simulateCaches, type CacheResult, type CacheScenario } from './cache-simulate.ts';
import { CACHE_POLICIES } from './policies.ts';
import { Zipf } from './zipf.ts';

interface CacheRow extends CacheResult {
  /** Hit ratio, and loads, as multiples of P2C's. */
  readonly hitsToP2c: number;
  readonly loadsToP2c: number;
}

export interface CacheRun {
  readonly name: string;
  readonly results: readonly CacheRow[];
  /** What arithmetic gives: one cache of LRU and the best possible one, of one node's size and of all nodes' sizes. */
  readonly expected: Readonly<Record<'lruOne' | 'lruAll' | 'bestOne' | 'bestAll', number>>;
}

/** Placements of keys on nodes that each run is made with; results are their means, and the worst of the shares. */
const PLACEMENTS = 3;

export function cacheReport(scenarios: readonly CacheScenario[], seed: number): readonly CacheRun[] {
  return scenarios.map((scenario) => {
    const { name, nodes, size } = scenario;
    const results = CACHE_POLICIES.map((policy) =>
      merge(Array.from({ length: PLACEMENTS }, (_none, at) => simulateCaches(scenario, policy, seed + 10 * at))),
    );
    const [base] = results;
    const zipf = new Zipf(KEYS_PER_ENTRY * size);
    return {
      name,
      results: results.map((result) => ({
        ...result,
        hitsToP2c: result.hits / (base?.hits ?? NaN),
        loadsToP2c: (1 - result.hits) / (1 - (base?.hits ?? NaN)),
      })),
      expected: {
        lruOne: zipf.lru(size),
        lruAll: zipf.lru(nodes * size),
        bestOne: zipf.best(size),
        bestAll: zipf.best(nodes * size),
      },
    };
  });
}

function merge(results: readonly CacheResult[]): CacheResult {
  const [first] = results;
  if (first === undefined) throw new RangeError('no results');
  const mean = (of: (one: CacheResult) => number): number =>
    results.reduce((sum, one) => sum + of(one), 0) / results.length;
  const worst = (of: (one: CacheResult) => number): number => Math.max(...results.map(of));
  return {
    policy: first.policy,
    calls: results.reduce((sum, { calls }) => sum + calls, 0),
    hits: mean(({ hits }) => hits),
    spilled: mean(({ spilled }) => spilled),
    errors: mean(({ errors }) => errors),
    maxShare: worst(({ maxShare }) => maxShare),
    maxLoads: worst(({ maxLoads }) => maxLoads),
    troubledShare: first.troubledShare === undefined ? undefined : worst(({ troubledShare = 0 }) => troubledShare),
    p50: mean(({ p50 }) => p50),
    p99: mean(({ p99 }) => p99),
  };
}

const HEAD = ['policy', 'hits', '× P2C', 'loads × P2C', 'busiest node', 'most loads', 'spilled', 'troubled node', 'p99 ms', 'errors']; // prettier-ignore

export function cacheMarkdown(runs: readonly CacheRun[]): string {
  if (runs.length === 0) return '';
  return [
    '## Calls whose answers are kept',
    '',
    ...INTRODUCTION,
    '',
    ...runs.flatMap(({ name, results, expected: { lruOne, lruAll, bestOne, bestAll } }) => [
      `### ${name}`,
      '',
      `Arithmetic: LRU ${ratio(lruOne)} → ${ratio(lruAll)} (× ${(lruAll / lruOne).toFixed(2)}), best ${ratio(bestOne)} → ${ratio(bestAll)} (× ${(bestAll / bestOne).toFixed(2)}).`,
      '',
      row(HEAD),
      row(HEAD.map((_column, at) => (at === 0 ? '---' : '--:'))),
      ...results.map((result) => row(cells(result))),
      '',
    ]),
  ].join('\n');
}

const INTRODUCTION = [
  'Calls for keys of which the k-th is asked for 1/k as often as the first (Zipf, s = 1.0), ten times as many keys as a',
  'node’s cache has entries; 500 calls a second and node. A hit is 0.2 ms of work, a miss is a load of 20 ms in the mean. Each run is made with',
  `${String(PLACEMENTS)} placements of the keys: hits, loads, spills and times are means, _busiest node_ (calls) and _most loads_ (misses) the worst of them,`,
  'as multiples of the mean node. _Spilled_ counts calls that were not answered by the node whose key it is when all are idle; P2C knows none.',
  '',
  '_Arithmetic_ is what can be expected without the bound on loads. With P2C each cache holds the same keys: the hit ratio is that of one cache. With hashing n',
  'caches hold different ones: that of one cache n times as large. Che’s approximation gives it for LRU; no cache whatsoever',
  'is better than one that always holds the keys that are asked for most (_best_).',
  '',
  '**Three caches of 1,000 entries cannot have 1.5 times the hits of one.** One LRU has two thirds of the hits, and 1.5 times that is all of them,',
  'which takes room for nearly all keys: ten nodes. With three the arithmetic says × 1.22, and for the best of caches × 1.15. What falls is',
  'the number of loads, which is what nodes and the levels behind them are spared. With ten nodes and more the bound is what costs hits: a',
  'key that has more calls than a node may have takes others with it. Not to keep what spilled makes it worse: a hot key is a miss at its second',
  'node each time.',
];

function cells(result: CacheRow): string[] {
  const { policy, hits, hitsToP2c, loadsToP2c, maxShare, maxLoads, spilled, troubledShare, p99, errors } = result;
  return [
    policy,
    ratio(hits),
    hitsToP2c.toFixed(2),
    loadsToP2c.toFixed(2),
    maxShare.toFixed(2),
    maxLoads.toFixed(2),
    policy === CACHE_POLICIES[0]?.name ? '' : `${(spilled * 100).toFixed(1)} %`,
    troubledShare === undefined ? '' : troubledShare.toFixed(2),
    p99.toFixed(1),
    errors === 0 ? '0' : `${(errors * 100).toPrecision(2)} %`,
  ];
}

function ratio(value: number): string {
  return value.toFixed(3);
}

function row(columns: readonly string[]): string {
  return `| ${columns.join(' | ')} |`;
}
