import { describe, expect, it } from 'vitest';
import type { Found, WorkName } from '../cache/plan.ts';
import { cacheMarkdown } from './cache-page.ts';
import { cacheReport, type MeasuredCache } from './cache-report.ts';

const context = {
  takenAt: '2026-11-21T00:00:00.000Z',
  machine: { cpu: 'a cpu', cores: 2, memoryMiB: 4096, kernel: '6', node: 'v26' },
  settings: { seconds: 1, repeats: 3 },
  versions: { bentocache: '1.6.1' },
  contestants: [{ name: 'ours', title: 'ours', configured: 'as shipped' }],
};

function runs(...rates: number[]): Found[] {
  return rates.map((perSecond) => ({ perSecond, cpuMicros: 1e6 / perSecond, loads: 0 }));
}

function row(of: MeasuredCache['of'], work: WorkName, size: number, found: Found[], name: string = of): MeasuredCache {
  return { work, size, name, of, runs: found };
}

describe('the report of the cache benchmark', () => {
  it('lets a hit take 1.3 times as long as a bare get, and no longer', () => {
    const bare = row('bare', 'hit-hashed', 2_000, runs(1_300, 1_300, 1_300));
    const at = cacheReport([bare, row('ours', 'hit-hashed', 2_000, runs(100, 1_000, 2_000))], [], context);
    const below = cacheReport([bare, row('ours', 'hit-hashed', 2_000, runs(100, 999, 2_000))], [], context);
    expect(at.reaches).toMatchObject([{ theirs: 'bare', reached: true }]);
    expect(below.reaches).toMatchObject([{ theirs: 'bare', reached: false }]);
    expect(cacheMarkdown(below)).toContain('**no**');
  });

  it('compares with the fastest configuration of a peer, and takes less than 25 % for a tie', () => {
    const peers = [
      row('cacheable', 'l2', 200, runs(80), 'slow'),
      row('cacheable', 'l2', 200, runs(125), 'fast'),
      row('cacheable', 'l2', 50_000, runs(9_000), 'of another size'),
    ];
    const reaches = (rate: number) => cacheReport([...peers, row('ours', 'l2', 200, runs(rate))], [], context).reaches;
    expect(reaches(100)).toMatchObject([{ against: 'fast', theirs: 'cacheable', ratio: { ofMedians: 0.8 } }]);
    expect(reaches(100)[0]?.reached).toBe(true);
    expect(reaches(99)[0]?.reached).toBe(false);
    expect(reaches(250)[0]?.cpuRatio.ofMedians).toBeCloseTo(2);
  });

  it('allows two loads over three processes in the worst stampede, and one in a process', () => {
    const loads = (work: WorkName, ...counts: number[]) => {
      const found = counts.map((count) => ({ perSecond: 1, cpuMicros: 1, loads: count, stampedeMs: 50 }));
      return cacheReport([row('ours', work, 2_000, found)], [], context).loads[0]?.reached;
    };
    expect([loads('cluster', 1, 2, 1), loads('cluster', 1, 1, 3)]).toEqual([true, false]);
    expect([loads('stampede', 1, 1, 1), loads('stampede', 1, 2, 1)]).toEqual([true, false]);
  });

  it('shows the columns that a work has, and claims nothing of what was not measured', () => {
    const redis = { bytesIn: 100, bytesOut: 200, cpuMicros: 3 };
    const found = { perSecond: 1_000, cpuMicros: 7, loads: 0, p50Micros: 30, p99Micros: 90, redis };
    const report = cacheReport([row('bentocache', 'l2', 200, [found])], [], context);
    const page = cacheMarkdown(report);
    expect([report.reaches, report.loads]).toEqual([[], []]);
    expect(page).toContain(
      "| cache | questions/s (min / **median** / max) | CPU µs a question | alone, p50 µs | alone, p99 µs | bytes to Redis | from Redis | Redis' CPU µs | loads |",
    );
    expect(page).toContain('| bentocache | 1,000 / **1,000** / 1,000 | 7 | 30 | 90 | 100 | 200 | 3 | 0 |');
    expect(page).not.toContain('from first to last');
  });

  it('names what was disturbed, and compares nothing with the repeats that it has', () => {
    const rows = [row('bentocache', 'miss', 200, runs(100, 100)), row('ours', 'miss', 200, runs(300))];
    const why = 'not everything is in Redis';
    const report = cacheReport(rows, [{ work: 'miss', size: 200, name: 'ours', why }], context);
    expect([report.rows.map(({ name }) => name), report.reaches]).toEqual([['bentocache'], []]);
    expect(cacheMarkdown(report)).toContain(`Not measured: ours, miss, kept in memory and Redis, 200 B: ${why}`);
  });
});
