import { describe, expect, it } from 'vitest';
import { OURS, POLICIES } from './policies.ts';
import { balancingMarkdown, balancingReport } from './report.ts';
import { SCENARIOS } from './scenarios.ts';
import { lognormal } from './service-times.ts';
import { simulate, type Result, type Scenario } from './simulate.ts';

const SEED = 7;
const small = { nodes: 4, utilisation: 0.5, seconds: 10, serviceTimes: lognormal(0.5) };
const sick = (trouble: NonNullable<Scenario['trouble']>): Scenario => ({ ...small, name: 'one sick node', trouble });

function results(scenario: Scenario): Record<'roundRobin' | 'least' | 'peakEwma' | 'ours', Result> {
  const of = (name: string): Result => {
    const policy = POLICIES.find((one) => one.name === name);
    if (policy === undefined) throw new RangeError(`no policy ${name}`);
    return simulate(scenario, policy, SEED);
  };
  return {
    roundRobin: of('round robin'),
    least: of('P2C, least request'),
    peakEwma: of('P2C, peak EWMA'),
    ours: of(OURS),
  };
}

describe('the simulation', () => {
  it('gives the same page for the same seed and another one for another', () => {
    const scenarios = [{ ...small, name: 'small', seconds: 3, managers: 2, trouble: { slower: 10 } }];
    const page = (seed: number): string => balancingMarkdown(balancingReport(scenarios, seed));
    const first = page(SEED);
    expect(page(SEED)).toBe(first);
    expect(first.split('\n').filter((line) => line.startsWith('| '))).toHaveLength(POLICIES.length + 2);
    const numbers = (text: string): string => text.slice(text.indexOf('##'));
    expect(numbers(page(SEED + 1))).not.toBe(numbers(first));
  });

  it('gives all policies the same calls', () => {
    const { roundRobin, least, ours } = results({ ...small, name: 'all well' });
    expect(new Set([roundRobin.calls, least.calls, ours.calls]).size).toBe(1);
    // Half of 4 nodes with 8 workers and 20 ms: 800 a second.
    expect(Math.abs(ours.calls - 8000)).toBeLessThan(5 * Math.sqrt(8000));
    expect(ours.errors).toBe(0);
  });

  it('has its scenarios named apart', () => {
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
  });
});

describe('what the manager’s policy does', () => {
  it('spreads evenly where all is well', () => {
    expect(results({ ...small, name: 'all well' }).ours.maxShare).toBeLessThan(1.1);
  });

  it('a slow node gets little and costs little', () => {
    const { least, ours } = results(sick({ slower: 10 }));
    expect(ours.troubledShare).toBeLessThan(0.2);
    expect(ours.p99).toBeLessThan(least.p99);
    // Not nothing, or nobody would learn that it has recovered.
    expect(ours.troubledShare).toBeGreaterThan(0);
  });

  it('a node that fails at once draws no calls, as it does where nobody minds failures', () => {
    const { roundRobin, least, peakEwma, ours } = results(sick({ failsFast: true }));
    for (const fooled of [least, peakEwma]) expect(fooled.errors).toBeGreaterThan(roundRobin.errors);
    expect(ours.errors).toBeLessThan(0.01);
  });

  it('a node that pauses costs its own calls of the moment', () => {
    const { roundRobin, ours } = results(sick({ pauses: { ms: 2000, everyMs: 4000 } }));
    expect(ours.p99).toBeLessThan(roundRobin.p99 / 5);
  });

  it('a cold node that joins gets its share in the end, and is not flooded before', () => {
    const joining = { ...small, name: 'joins', seconds: 60, joins: { coldFactor: 20 } };
    const { roundRobin, ours } = results(joining);
    const early = results({ ...joining, seconds: 5 }).ours;
    expect(early.troubledShare).toBeLessThan(0.2);
    expect(early.troubledShare).toBeGreaterThan(0);
    expect(ours.troubledShare).toBeGreaterThan(3 * (early.troubledShare ?? 1));
    expect(ours.p99).toBeLessThan(roundRobin.p99);
  });
});
