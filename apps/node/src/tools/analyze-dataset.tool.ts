import type { Rng } from '@mcp-cluster/kernel';
import { chunks, reportRows, structured, Tool, ToolError, type ToolContext } from '@mcp-cluster/tools';
import { RNG } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { summariseColumn } from '../datasets/column-summary.js';
import { DATASET_EXTENSIONS, formatOf } from '../datasets/dataset-reader.js';
import { RunningStatistics, type Summary } from '../datasets/running-statistics.js';
import { DATA_DIR } from '../files/folders.js';
import { openGuardedFile, type GuardedFolder } from '../files/guarded-file.js';
import { drawSeed, RowSource } from './generated-rows.js';

/** Longer sets than this belong into a file or a job. */
const MAX_ROWS = 1_000_000;

/** Values of generated rows are integers from 0 up to this. */
const RANGE = 1_000;

const input = z.object({
  rowCount: z.int().min(1).max(MAX_ROWS).optional().describe('Analyses this many generated rows; instead of file.'),
  file: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe(
      'A CSV or NDJSON file of any size below the data folder, for example "measurements.csv" or "events.ndjson".',
    ),
  column: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('The column (CSV) or top-level key (NDJSON) of the file; default: the first numeric one.'),
  chunkSize: z.int().min(1).max(MAX_ROWS).default(100).describe('Rows between two progress reports.'),
  seed: z.int32().optional().describe('The same seed gives the same generated rows.'),
});

const output = z.object({
  totalRows: z.int().describe('Rows read, those without a value (missing) among them.'),
  average: z.number(),
  min: z.number(),
  max: z.number(),
  file: z.string().optional(),
  column: z.string().optional(),
  missing: z.int().optional().describe('NDJSON: rows without the key, or with null; they count in nothing else.'),
  seed: z.int().optional(),
});

type Arguments = z.output<typeof input>;

/** Statistics of one column of generated rows or of a CSV or NDJSON file of any size (S07). */
@Injectable()
export class AnalyzeDatasetTool {
  constructor(
    @Inject(RNG) private readonly rng: Rng,
    @Inject(DATA_DIR) private readonly dataDir: string,
  ) {}

  @Tool({
    name: 'analyze_dataset',
    title: 'Analyze dataset',
    description:
      'Gives the number of rows, average, minimum and maximum of generated rows (rowCount) or of one column of a CSV or NDJSON file (file), with progress.',
    input,
    output,
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  })
  async analyzeDataset(args: Arguments, context: ToolContext) {
    const { file, rowCount } = args;
    if (file !== undefined && rowCount !== undefined)
      throw new ToolError('file, rowCount: expected one of them, got both');
    if (file !== undefined) return this.analyzeFile(file, args, context);
    if (args.column !== undefined) throw new ToolError('column: expected only together with file');
    if (rowCount !== undefined) return this.analyzeGenerated(rowCount, args, context);
    throw new ToolError('file, rowCount: expected one of them, got neither');
  }

  private async analyzeGenerated(
    rowCount: number,
    { seed = drawSeed(this.rng), chunkSize }: Arguments,
    context: ToolContext,
  ) {
    const source = new RowSource(seed, RANGE);
    const statistics = new RunningStatistics();
    for (const { start, end } of chunks(rowCount, chunkSize)) {
      for (let row = start; row < end; row += 1) statistics.add(source.next().value);
      reportRows(context, end, rowCount);
      await context.breathe();
    }
    return result(statistics.summary(), { seed }, `${String(rowCount)} generated rows (seed ${String(seed)})`);
  }

  private async analyzeFile(file: string, args: Arguments, context: ToolContext) {
    const { handle, size } = await openGuardedFile(dataFolder(this.dataDir), file);
    try {
      // A file that grows while it is read is analysed as long as it was.
      const source = handle.createReadStream({ autoClose: false, start: 0, end: Math.max(size - 1, 0) });
      const format = formatOf(file);
      const { column, missing, ...summary } = await summariseColumn(
        source,
        { format, column: args.column, chunkSize: args.chunkSize },
        {
          afterChunk: async (bytes, rows) => {
            context.progress(bytes, size, `bytes ${String(bytes)} of ${String(size)}, rows ${String(rows)}`);
            await context.breathe();
          },
          afterBlock: () => context.breathe(),
        },
      );
      const rows = summary.count + missing;
      context.progress(size, size, `bytes ${String(size)} of ${String(size)}, rows ${String(rows)}`);
      const gaps = format === 'ndjson' ? { missing } : {};
      return result(summary, { file, column, ...gaps }, `${file}, column ${column}`);
    } finally {
      await handle.close();
    }
  }
}

function dataFolder(path: string): GuardedFolder {
  const expected = 'a CSV or NDJSON file below the data folder, for example "measurements.csv"';
  return { path, field: 'file', title: 'data folder', extensions: DATASET_EXTENSIONS, expected };
}

function result(
  { count, average, min, max }: Summary,
  source: { file?: string; column?: string; seed?: number; missing?: number },
  name: string,
) {
  if (average === null || min === null || max === null) throw new ToolError('file: expected rows, got none');
  if (!Number.isFinite(average)) throw new ToolError('column: the sum of its values is too large for a number');
  const { missing = 0 } = source;
  const without = missing > 0 ? `, ${String(missing)} of them without a value` : '';
  const rows = `${String(count + missing)} rows${without}`;
  const text = `${name}: ${rows}, average ${average.toFixed(2)}, min ${String(min)}, max ${String(max)}.`;
  return structured({ totalRows: count + missing, average, min, max, ...source }, text);
}
