import { describe, expect, it } from 'vitest';
import { atLeast, atMost, exactly, percentile, type Claim } from '../experiment.ts';
import { reportOf } from './report.ts';
import { markdownTable } from './tables.ts';

const experiment = { id: '2', title: 'a node dies', expected: 'nothing is lost', run: () => Promise.resolve([]) };
const repetition = (seed: number, claims: Claim[], error?: string) => ({
  seed,
  seconds: 1,
  claims,
  notes: {},
  ...(error !== undefined && { error }),
});

describe('a report', () => {
  it('tells the worst of the repetitions', () => {
    const report = reportOf(experiment, [
      repetition(1, [atMost('gap', 900, 2_000, 'ms')]),
      repetition(2, [atMost('gap', 1_800, 2_000, 'ms')]),
      repetition(3, [atMost('gap', 1_000, 2_000, 'ms')]),
    ]);
    expect(report).toMatchObject({ ok: true, seeds: [1, 2, 3], repetitions: 3 });
    expect(report.measured).toEqual([
      { what: 'gap', expected: '≤ 2,000 ms', measured: '1,800 ms at worst, 1,000 in the middle', ok: true },
    ]);
  });

  it('is bad when one repetition was', () => {
    const report = reportOf(experiment, [
      repetition(1, [exactly('results', 200, 200)]),
      repetition(2, [exactly('results', 199, 200)]),
    ]);
    expect(report.ok).toBe(false);
    expect(report.measured[0]).toMatchObject({ expected: '200', ok: false });
    expect(report.measured[0]?.measured).toContain('199 at worst');
  });

  it('the worst of what must be many is the least', () => {
    const { measured } = reportOf(
      experiment,
      [1, 2].map((seed) => repetition(seed, [atLeast('calls', seed, 1)])),
    );
    expect(measured[0]?.measured).toContain('1 at worst');
  });

  it('is bad when a repetition broke, when nothing was measured, and when nothing was claimed', () => {
    expect(reportOf(experiment, [repetition(1, [atMost('gap', 1, 2)], 'it fell over')]).ok).toBe(false);
    expect(reportOf(experiment, [repetition(1, [atMost('gap', percentile([], 0.5), 2)])]).ok).toBe(false);
    expect(reportOf(experiment, [repetition(1, [])]).ok).toBe(false);
  });

  it('as a table has a line for each claim', () => {
    const claims = [atMost('gap', 1, 2, 'ms'), exactly('lost', 3, 0)];
    const table = markdownTable([reportOf(experiment, [repetition(1, claims)])]);
    expect(table).toContain('| 2 | a node dies | gap | ≤ 2 ms | 1 ms | yes |');
    expect(table).toContain('| | | lost | 0 | 3 | **no** |');
  });
});

it('percentile: of one to a hundred', () => {
  const values = Array.from({ length: 100 }, (_none, at) => 100 - at);
  expect(percentile(values, 0.99)).toBe(100);
  expect(percentile(values, 0.5)).toBe(51);
  expect(percentile([7], 0.99)).toBe(7);
});
