import type { Rng } from '@mcp-cluster/kernel';
import { chunks, reportRows, structured, Tool, ToolError, type ToolContext } from '@mcp-cluster/tools';
import { RNG } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { summariseColumn } from './csv-column.js';
import { DATA_DIR } from './data-dir.js';
import { openDataFile } from './data-file.js';
import { drawSeed, RowSource } from './generated-rows.js';
import { RunningStatistics, type Summary } from './running-statistics.js';

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
    .describe('A CSV file below the data folder, for example "measurements.csv".'),
  column: z.string().min(1).max(255).optional().describe('The column of the file; default: the first numeric one.'),
  chunkSize: z.int().min(1).max(MAX_ROWS).default(100).describe('Rows between two progress reports.'),
  seed: z.int32().optional().describe('The same seed gives the same generated rows.'),
});

const output = z.object({
  totalRows: z.int(),
  average: z.number(),
  min: z.number(),
  max: z.number(),
  file: z.string().optional(),
  column: z.string().optional(),
  seed: z.int().optional(),
});

type Arguments = z.output<typeof input>;

/** Statistics of one column of generated rows or of a CSV file (S07). */
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
      'Gives the number of rows, average, minimum and maximum of generated rows (rowCount) or of one column of a CSV file (file), with progress.',
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

  private async analyzeFile(file: string, { column, chunkSize }: Arguments, context: ToolContext) {
    const { handle, size } = await openDataFile(this.dataDir, file);
    try {
      // A file that grows while it is read is analysed as long as it was.
      const source = handle.createReadStream({ autoClose: false, start: 0, end: Math.max(size - 1, 0) });
      const summary = await summariseColumn(source, { column, chunkSize }, async (bytes, rows) => {
        context.progress(bytes, size, `bytes ${String(bytes)} of ${String(size)}, rows ${String(rows)}`);
        await context.breathe();
      });
      context.progress(size, size, `bytes ${String(size)} of ${String(size)}, rows ${String(summary.count)}`);
      return result(summary, { file, column: summary.column }, `${file}, column ${summary.column}`);
    } finally {
      await handle.close();
    }
  }
}

function result(
  { count, average, min, max }: Summary,
  source: { file?: string; column?: string; seed?: number },
  name: string,
) {
  if (average === null || min === null || max === null) throw new ToolError('file: expected rows, got none');
  if (!Number.isFinite(average)) throw new ToolError('column: the sum of its values is too large for a number');
  const text = `${name}: ${String(count)} rows, average ${average.toFixed(2)}, min ${String(min)}, max ${String(max)}.`;
  return structured({ totalRows: count, average, min, max, ...source }, text);
}
