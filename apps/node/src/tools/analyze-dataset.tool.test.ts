import { seededRng } from '@mcp-cluster/kernel';
import { RecordingContext } from '@mcp-cluster/tools/testing';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { AnalyzeDatasetTool } from './analyze-dataset.tool.js';

const DATA = new URL('../../../../data/', import.meta.url);
const defaults = { chunkSize: 100 };

function make(): AnalyzeDatasetTool {
  return new AnalyzeDatasetTool(seededRng(5), fileURLToPath(DATA));
}

describe('analyze_dataset', () => {
  it('S07: analyses the sample file', async () => {
    const values = (await readFile(new URL('measurements.csv', DATA), 'utf8'))
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[3]));
    const { structuredContent, content } = await make().analyzeDataset(
      { ...defaults, file: 'measurements.csv' },
      new RecordingContext(),
    );
    expect(structuredContent).toEqual({
      totalRows: 540,
      average: expect.closeTo(values.reduce((sum, value) => sum + value, 0) / values.length, 9) as number,
      min: Math.min(...values),
      max: Math.max(...values),
      file: 'measurements.csv',
      column: 'value',
    });
    expect(content[0]).toMatchObject({
      text: expect.stringContaining('measurements.csv, column value: 540 rows') as string,
    });
  });

  it('S07: analyses an NDJSON file and says how many rows have no value', async () => {
    const rows = (await readFile(new URL('events.ndjson', DATA), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { bytes: number | null });
    const values = rows.flatMap(({ bytes }) => bytes ?? []);
    const { structuredContent, content } = await make().analyzeDataset(
      { ...defaults, file: 'events.ndjson', column: 'bytes' },
      new RecordingContext(),
    );
    expect(values.length).toBeLessThan(400);
    expect(structuredContent).toEqual({
      totalRows: 400,
      missing: 400 - values.length,
      average: expect.closeTo(values.reduce((sum, value) => sum + value, 0) / values.length, 9) as number,
      min: Math.min(...values),
      max: Math.max(...values),
      file: 'events.ndjson',
      column: 'bytes',
    });
    const text = `events.ndjson, column bytes: 400 rows, ${String(400 - values.length)} of them without a value`;
    expect(content[0]).toMatchObject({ text: expect.stringContaining(text) as string });
  });

  it('S03: reports bytes of the file, rising, each with a message, 100 % last', async () => {
    const context = new RecordingContext();
    await make().analyzeDataset({ ...defaults, file: 'measurements.csv' }, context);
    const done = context.reports.map(({ progress }) => progress);
    expect(done).toHaveLength(6);
    expect(done).toEqual([...new Set(done)].sort((a, b) => a - b));
    const size = (await readFile(new URL('measurements.csv', DATA))).length;
    expect(context.reports.at(-1)).toEqual({
      progress: size,
      total: size,
      message: `bytes ${String(size)} of ${String(size)}, rows 540`,
    });
  });

  it('S07: analyses generated rows in chunks, the same for the same seed', async () => {
    const context = new RecordingContext();
    const first = await make().analyzeDataset({ ...defaults, rowCount: 250, seed: 9 }, context);
    const again = await make().analyzeDataset({ chunkSize: 7, rowCount: 250, seed: 9 }, new RecordingContext());
    expect(first.structuredContent).toMatchObject({ totalRows: 250, seed: 9 });
    expect(again.structuredContent).toEqual(first.structuredContent);
    expect(context.reports.map(({ message }) => message)).toEqual([
      'rows 100 of 250',
      'rows 200 of 250',
      'rows 250 of 250',
    ]);
  });

  it('S17: gives others a turn within a chunk that is larger than the file', async () => {
    const context = new RecordingContext();
    context.onBreathe = () => {
      context.cancel();
    };
    const whole = make().analyzeDataset({ chunkSize: 1_000_000, file: 'events.ndjson', column: 'bytes' }, context);
    await expect(whole).rejects.toThrow('cancelled by the test');
  });

  it.each([{ rowCount: 1_000 }, { file: 'measurements.csv' }, { file: 'events.ndjson' }])(
    'S16: stops between two chunks of %j',
    async (source) => {
      const context = new RecordingContext();
      context.onBreathe = () => {
        if (context.reports.length === 2) context.cancel();
      };
      await expect(make().analyzeDataset({ ...defaults, ...source }, context)).rejects.toThrow('cancelled by the test');
      expect(context.reports).toHaveLength(2);
    },
  );

  it.each([
    [{}, 'file, rowCount: expected one of them, got neither'],
    [{ rowCount: 1, file: 'a.csv' }, 'file, rowCount: expected one of them, got both'],
    [{ rowCount: 1, column: 'a' }, 'column: expected only together with file'],
    [
      { file: 'measurements.csv', column: 'valeu' },
      'column: expected one of "date", "station", "category", "value", got "valeu"',
    ],
    [{ file: '../package.csv' }, 'file: expected a CSV or NDJSON file below the data folder'],
  ])('S07: refuses %j naming the field', async (args, message) => {
    await expect(make().analyzeDataset({ ...defaults, ...args }, new RecordingContext())).rejects.toThrow(message);
  });
});
