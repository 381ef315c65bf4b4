import { randomInt, seededRng } from '@mcp-cluster/kernel';
import { EventQueue } from './event-queue.ts';
import { ManagerModel } from './manager-model.ts';
import { NodeModel, WORKERS, type Trouble } from './node-model.ts';
import type { Policy } from './policies.ts';
import { exponential, MEAN_MS, type ServiceTimes } from './service-times.ts';

export interface Scenario {
  readonly name: string;
  readonly nodes: number;
  readonly managers?: number;
  /** Calls, as a share of what the nodes could do if nothing was wrong. */
  readonly utilisation: number;
  readonly seconds: number;
  readonly serviceTimes: ServiceTimes;
  /** Of the first node, from second `WARMUP_SECONDS` on. */
  readonly trouble?: Trouble;
  /** Another node joins then, with this trouble. It is the one whose share is shown. */
  readonly joins?: Trouble;
}

export interface Result {
  readonly policy: string;
  readonly calls: number;
  /** Milliseconds that answered calls took, waiting included. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** The busiest node's share of the calls, as a multiple of an even one. */
  readonly maxShare: number;
  /** The same for the node that has the trouble, or that joined; 1 is even. */
  readonly troubledShare: number | undefined;
  /** Share of the calls that failed. */
  readonly errors: number;
}

/** Not measured, and nothing is wrong yet. */
export const WARMUP_SECONDS = 5;
/** One way between manager and node. */
const NETWORK_MS = 0.25;

/** Runs one policy through one scenario on virtual time. The same seed gives the same result, to the last digit. */
export function simulate(scenario: Scenario, policy: Policy, seed: number): Result {
  // One generator each, so that all policies see the same calls at the same times.
  const arrivals = seededRng(seed);
  const work = seededRng(seed + 1);
  const events = new EventQueue();
  const measuredFrom = WARMUP_SECONDS * 1000;
  const end = measuredFrom + scenario.seconds * 1000;
  const meanGap = MEAN_MS / (scenario.nodes * WORKERS * scenario.utilisation);

  const nodes = Array.from(
    { length: scenario.nodes },
    (_none, at) => new NodeModel(events, at === 0 ? (scenario.trouble ?? {}) : {}, measuredFrom),
  );
  const managers = Array.from(
    { length: scenario.managers ?? 1 },
    (_none, at) => new ManagerModel(policy, seededRng(seed + 2 + at)),
  );
  // Long before, so that they are not new any more.
  for (const manager of managers) for (const at of nodes.keys()) manager.join(at, -Infinity);

  const times: number[] = [];
  const shares = new Array<number>(scenario.nodes + 1).fill(0);
  let calls = 0;
  let errors = 0;

  const arrive = (now: number): void => {
    const manager = managers[randomInt(arrivals, managers.length)];
    const next = now + exponential(arrivals, meanGap);
    if (next < end) events.add(next, arrive);
    if (manager === undefined) return;
    const place = manager.pick(now);
    const measured = now >= measuredFrom;
    if (measured) {
      calls += 1;
      shares[place.index] = (shares[place.index] ?? 0) + 1;
    }
    const done = (then: number, failed: boolean): void => {
      const ms = then + NETWORK_MS - now;
      manager.ended(place, ms, failed, then + NETWORK_MS);
      if (!measured) return;
      if (failed) errors += 1;
      else times.push(ms);
    };
    nodes[place.index]?.take({ work: scenario.serviceTimes(work), done }, now + NETWORK_MS);
  };
  events.add(0, arrive);
  const { joins } = scenario;
  if (joins !== undefined)
    events.add(measuredFrom, (now) => {
      nodes.push(new NodeModel(events, joins, measuredFrom));
      for (const manager of managers) manager.join(scenario.nodes, now);
    });
  while (events.nextAt < Infinity) events.step();

  const sorted = Float64Array.from(times).sort();
  const at = (quantile: number): number => sorted[Math.ceil(quantile * sorted.length) - 1] ?? NaN;
  const relative = (count: number): number => (count / calls) * nodes.length;
  const troubled = joins === undefined ? 0 : scenario.nodes;
  const hasTroubled = joins !== undefined || scenario.trouble !== undefined;
  return {
    policy: policy.name,
    calls,
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
    maxShare: relative(Math.max(...shares)),
    troubledShare: hasTroubled ? relative(shares[troubled] ?? 0) : undefined,
    errors: errors / calls,
  };
}
