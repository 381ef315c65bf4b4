import { describe, expect, it } from 'vitest';
import { byClass, entriesMarkdown, entriesReport } from './entries-report.ts';

const context = {
  takenAt: '2026-11-21T00:00:00.000Z',
  machine: { cpu: 'a cpu', cores: 2, memoryMiB: 4096, kernel: '6', node: 'v26' },
};
const run = (compressor: string, bytes: number, ratio: number, inMicros = 10) => ({
  compressor,
  sample: 'a sample',
  bytes,
  ratio,
  inMicros,
  outMicros: 5,
});

function entry(characters: number, micros: number, heldMs: number) {
  const spread = { min: micros, median: micros, max: micros };
  const times = { encodeMicros: spread, decodeMicros: spread, metaMicros: spread };
  return { sample: 'a sample', characters, bytes: 300, ...times, encodeHeldMs: heldMs, decodeHeldMs: heldMs };
}

describe('the report of the entries benchmark', () => {
  it('adds up bytes and times of a class, and not ratios', () => {
    const rows = byClass([
      run('zstd 1', 1_100, 11),
      run('zstd 1', 9_900, 2, 100),
      run('zstd 1', 200, 1),
      run('lz4', 200, 1),
    ]);
    expect(rows).toMatchObject([
      { size: 'below 1 kB', compressor: 'zstd 1', ratio: 1 },
      { size: 'below 1 kB', compressor: 'lz4', ratio: 1 },
      { size: '1 to 10 kB', compressor: 'zstd 1', inMicros: 55, inNanosAByte: 10, outMicros: 5 },
    ]);
    expect(rows[2]?.ratio).toBeCloseTo(11_000 / 5_050);
  });

  it('says yes below a bound and no at it; what is large is no part of what small ones cost', () => {
    const of = (small: number, large: number, heldMs: number) =>
      entriesReport({ entries: [entry(100, small, heldMs), entry(5_000, large, heldMs)], missing: [] }, context)
        .reaches;
    expect(of(4.9, 50, 0.5).map(({ reached }) => reached)).toEqual([true, true, true, true, true]);
    expect(of(5, 50, 1).map(({ reached }) => reached)).toEqual([false, false, false, false, true]);
  });

  it('makes no claim about what was not measured, and names what was not there', () => {
    const report = entriesReport({ missing: ['lz4-napi'] }, context);
    expect(report.reaches).toEqual([]);
    expect(entriesMarkdown(report)).toContain('Not measured, since bench/peers does not have them: lz4-napi.');
  });

  it('compares the chosen compressor with the best one', () => {
    const report = entriesReport(
      { compressors: [run('zstd 1', 200_000, 10), run('brotli 4', 200_000, 12.6)], missing: [] },
      context,
    );
    expect(report.reaches).toMatchObject([{ value: 1.26, reached: false }]);
  });
});
