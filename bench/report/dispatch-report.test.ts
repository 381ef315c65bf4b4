import { describe, expect, it } from 'vitest';
import type { Run } from '../harness/measure.ts';
import { dispatchMarkdown, dispatchReport } from './dispatch-report.ts';

const context = {
  takenAt: '2026-11-21T00:00:00.000Z',
  machine: { cpu: 'a cpu', cores: 2, memoryMiB: 4096, kernel: '6', node: 'v26' },
  settings: { seconds: 10, warmup: 20, repeats: 3, connections: 50 },
};

function runs(...rates: number[]): Run[] {
  const others = { p50Ms: 1, p99Ms: 2, rssMiB: 80, serverShare: 1, generatorShare: 0.5 };
  return rates.map((requestsPerSecond) => ({ ...others, requestsPerSecond, cpuMicros: 1e6 / requestsPerSecond }));
}

function subject(name: string, ...rates: number[]) {
  return { name, title: name, runs: runs(...rates) };
}

describe('the report of the dispatch benchmark', () => {
  it('says yes at the target and no below it, by the medians', () => {
    const bare = subject('bare', 1000, 1000, 1000);
    const at = dispatchReport([bare, subject('ours-2026-9', 100, 600, 900)], [], context);
    const below = dispatchReport([bare, subject('ours-2026-9', 100, 599, 900)], [], context);
    expect(at.reaches).toMatchObject([
      { theirs: 'bare', ratio: { ofMedians: 0.6, min: 0.1, max: 0.9 }, reached: true },
    ]);
    expect(below.reaches).toMatchObject([{ theirs: 'bare', reached: false }]);
    expect(dispatchMarkdown(below)).toContain('**no**');
  });

  it('makes no claim about what was not measured, and says why it was not', () => {
    const reason = 'Go is not installed';
    const report = dispatchReport(
      [subject('ours-2026-9', 1000)],
      [{ name: 'go-sdk', title: 'Go SDK', reason }],
      context,
    );
    expect(report.reaches).toEqual([]);
    expect(dispatchMarkdown(report)).toContain(`Not measured: Go SDK: ${reason}`);
  });

  it('compares CPU a request the other way round: less is better', () => {
    const report = dispatchReport([subject('sdk-v2', 100), subject('ours-2026-9', 800)], [], context);
    expect(report.reaches[0]?.cpuRatio.ofMedians).toBeCloseTo(8);
  });

  it('names the servers that did not get their core', () => {
    const starved = {
      name: 'bare',
      title: 'the bare one',
      runs: runs(10).map((run) => ({ ...run, serverShare: 0.5 })),
    };
    const report = dispatchReport([starved, subject('sdk-v2', 10)], [], context);
    expect(report.disturbed).toEqual(['the bare one']);
    expect(dispatchMarkdown(report)).toContain('Disturbed: the bare one');
  });
});
