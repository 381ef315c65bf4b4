import { seededRng } from '@mcp-cluster/kernel';
import { describe, expect, it } from 'vitest';
import { RunningStatistics, type Summary } from './running-statistics.js';

describe('RunningStatistics', () => {
  it('S07: finds count, average, minimum and maximum', () => {
    expect(summarise([3, -1, 10, 4])).toEqual({ count: 4, average: 4, min: -1, max: 10 });
    expect(summarise([-5])).toEqual({ count: 1, average: -5, min: -5, max: -5 });
  });

  it('says nothing of nothing', () => {
    expect(summarise([])).toEqual({ count: 0, average: null, min: null, max: null });
  });

  it('keeps small values beside large ones', () => {
    expect(summarise([1e16, 1, 1, -1e16]).average).toBe(0.5);
    expect(summarise(Array.from({ length: 1_000_000 }, () => 0.1)).average).toBe(0.1);
  });

  it('agrees with a plain calculation on random integers (seed 11)', () => {
    const rng = seededRng(11);
    const values = Array.from({ length: 5_000 }, () => Math.floor(rng.next() * 2_000) - 1_000);
    expect(summarise(values)).toEqual({
      count: 5_000,
      average: values.reduce((sum, value) => sum + value, 0) / 5_000,
      min: Math.min(...values),
      max: Math.max(...values),
    });
  });
});

function summarise(values: number[]): Summary {
  const statistics = new RunningStatistics();
  for (const value of values) statistics.add(value);
  return statistics.summary();
}
