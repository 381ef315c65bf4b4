import { BoundedHash, keyHash, NodeLoad } from '@mcp-cluster/balance';
import { seededRng } from '@mcp-cluster/kernel';
import { EventQueue } from './event-queue.ts';
import { Lru } from './lru.ts';
import { ManagerModel } from './manager-model.ts';
import { NodeModel, type Trouble } from './node-model.ts';
import type { CachePolicy } from './policies.ts';
import { exponential, lognormal, type ServiceTimes } from './service-times.ts';
import { Zipf } from './zipf.ts';

export interface CacheScenario {
  readonly name: string;
  readonly nodes: number;
  /** Entries of each node's cache; ten times as many keys are asked for. */
  readonly size: number;
  /** Of the first node, in the measured half. */
  readonly trouble?: Trouble;
  /** Work of a miss; lognormal with σ 0.5 if nothing else is said. */
  readonly loads?: ServiceTimes;
  /** Of which the first half fills the caches and is not measured; 40 a key, and at least 200,000, if nothing else is said. */
  readonly calls?: number;
}

export interface CacheResult {
  readonly policy: string;
  readonly calls: number;
  /** Shares of all calls. */
  readonly hits: number;
  readonly spilled: number;
  readonly errors: number;
  /** The busiest node's calls, and the loads of the one that has most of them, as multiples of the mean. */
  readonly maxShare: number;
  readonly maxLoads: number;
  /** The same for the calls of the node that has the trouble. */
  readonly troubledShare: number | undefined;
  readonly p50: number;
  readonly p99: number;
}

/** Keys for each entry of a cache, as the issue has it. */
export const KEYS_PER_ENTRY = 10;
const CALLS_PER_KEY = 40;
/** Of small caches, so that chance is below a percent. */
const LEAST_CALLS = 200_000;
/** Calls a second and node: with 20 ms a load a third of what a node can do goes into P2C's loads. */
const RATE = 500;
/** Milliseconds of work of a call that is answered from the cache. */
const HIT_MS = 0.2;
const NETWORK_MS = 0.25;
const MILD = lognormal(0.5);

/** Puts one policy through calls whose answers are kept, on virtual time. A key is in the cache from when it is loaded on. */
export function simulateCaches(scenario: CacheScenario, policy: CachePolicy, seed: number): CacheResult {
  const { nodes: count, size, trouble, loads: loadTimes = MILD } = scenario;
  const arrivals = seededRng(seed);
  const draws = seededRng(seed + 1);
  const work = seededRng(seed + 2);
  const zipf = new Zipf(KEYS_PER_ENTRY * size);
  const keys = Array.from({ length: KEYS_PER_ENTRY * size }, (_none, key) => keyHash(String(seed), String(key)));
  const homes = homesOf(keys, count);
  const { calls: total = Math.max(LEAST_CALLS, CALLS_PER_KEY * keys.length) } = scenario;
  const gap = 1000 / (RATE * count);
  const events = new EventQueue();
  const nodes = Array.from(
    { length: count },
    (_none, at) => new NodeModel(events, at === 0 ? (trouble ?? {}) : {}, (total / 2) * gap),
  );
  const caches = nodes.map(() => new Lru(size));
  const manager = new ManagerModel(policy, seededRng(seed + 3));
  for (const at of nodes.keys()) manager.join(at, -Infinity);

  const calls = new Array<number>(count).fill(0);
  const loads = new Array<number>(count).fill(0);
  const times: number[] = [];
  let spilled = 0;
  let errors = 0;
  let begun = 0;

  const arrive = (now: number): void => {
    begun += 1;
    const measured = begun > total / 2;
    if (begun < total) events.add(now + exponential(arrivals, gap), arrive);
    const key = zipf.draw(draws);
    const place = manager.pick(now, keys[key]);
    const { index } = place;
    const isSpilled = index !== homes[key];
    const hit = caches[index]?.has(key) === true;
    if (!hit && (policy.keepsSpilled || !isSpilled)) caches[index]?.keep(key);
    if (measured) {
      calls[index] = (calls[index] ?? 0) + 1;
      if (!hit) loads[index] = (loads[index] ?? 0) + 1;
      if (isSpilled) spilled += 1;
    }
    const done = (then: number, failed: boolean): void => {
      const ms = then + NETWORK_MS - now;
      manager.ended(place, ms, failed, then + NETWORK_MS);
      if (!measured) return;
      if (failed) errors += 1;
      else times.push(ms);
    };
    nodes[index]?.take({ work: hit ? HIT_MS : loadTimes(work), done }, now + NETWORK_MS);
  };
  events.add(0, arrive);
  while (events.nextAt < Infinity) events.step();

  const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0);
  const measured = sum(calls);
  const sorted = Float64Array.from(times).sort();
  const at = (quantile: number): number => sorted[Math.ceil(quantile * sorted.length) - 1] ?? NaN;
  return {
    policy: policy.name,
    calls: measured,
    hits: 1 - sum(loads) / measured,
    spilled: spilled / measured,
    errors: errors / measured,
    maxShare: (Math.max(...calls) / measured) * count,
    maxLoads: (Math.max(...loads) / Math.max(1, sum(loads))) * count,
    troubledShare: trouble === undefined ? undefined : ((calls[0] ?? 0) / measured) * count,
    p50: at(0.5),
    p99: at(0.99),
  };
}

/** The node of each key when all are well and idle. */
function homesOf(keys: readonly number[], count: number): (number | undefined)[] {
  const idle = Array.from({ length: count }, (_none, index) => ({
    id: `node-${String(index + 1)}`,
    index,
    load: new NodeLoad(),
  }));
  const hash = new BoundedHash<(typeof idle)[number]>();
  return keys.map((key) => hash.place(idle, key, 0)?.node.index);
}
