import type { Clock, Rng } from '@mcp-cluster/kernel';
import { chunks, reportRows, structured, Tool, type ToolContext } from '@mcp-cluster/tools';
import { CLOCK, RNG } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { drawSeed, RowSource, type Category } from './generated-rows.js';
import { RunningStatistics } from '../datasets/running-statistics.js';

const MAX_ROWS = 100_000;

const input = z.object({
  rows: z.int().min(10).max(MAX_ROWS).describe('How many rows to analyse.'),
  range: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .default(1_000)
    .describe('Values are integers from 0 up to, not including, this.'),
  chunkSize: z.int().min(1).max(MAX_ROWS).default(200).describe('Rows between two progress reports.'),
  seed: z.int32().optional().describe('The same seed gives the same rows.'),
});

const summary = z.object({
  count: z.int(),
  average: z.number().nullable(),
  min: z.number().nullable(),
  max: z.number().nullable(),
});

const output = z.object({
  categories: z.object({ A: summary, B: summary, C: summary }),
  metadata: z.object({
    rowsProcessed: z.int(),
    processingTime: z.number().describe('Milliseconds.'),
    throughput: z.number().describe('Rows a second.'),
    seed: z.int(),
  }),
});

type Analysis = z.output<typeof output>;

/** Two clock readings may be equal; a throughput must not be infinite. */
const SHORTEST_MS = 0.001;

/** Analyses generated rows chunk by chunk (S08). */
@Injectable()
export class RunAnalysisTool {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RNG) private readonly rng: Rng,
  ) {}

  @Tool({
    name: 'run_analysis',
    title: 'Run analysis',
    description:
      'Generates rows of the categories A, B and C and gives count, average, minimum and maximum of each, with progress after every chunk.',
    input,
    output,
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  })
  async runAnalysis(args: z.output<typeof input>, context: ToolContext) {
    const start = this.clock.monotonic();
    const seed = args.seed ?? drawSeed(this.rng);
    const source = new RowSource(seed, args.range);
    const statistics: Record<Category, RunningStatistics> = {
      A: new RunningStatistics(),
      B: new RunningStatistics(),
      C: new RunningStatistics(),
    };
    for (const { start: first, end } of chunks(args.rows, args.chunkSize)) {
      for (let row = first; row < end; row += 1) {
        const { category, value } = source.next();
        statistics[category].add(value);
      }
      reportRows(context, end, args.rows);
      await context.breathe();
    }
    const milliseconds = Math.max(this.clock.monotonic() - start, SHORTEST_MS);
    const analysis: Analysis = {
      categories: { A: statistics.A.summary(), B: statistics.B.summary(), C: statistics.C.summary() },
      metadata: {
        rowsProcessed: args.rows,
        processingTime: Number(milliseconds.toFixed(3)),
        throughput: Math.round((args.rows * 1_000) / milliseconds),
        seed,
      },
    };
    return structured(analysis, describe(analysis));
  }
}

function describe({ categories, metadata }: Analysis): string {
  const lines = Object.entries(categories).map(
    ([name, { count, average, min, max }]) =>
      `${name}: ${String(count)} rows, average ${average?.toFixed(2) ?? '–'}, min ${String(min ?? '–')}, max ${String(max ?? '–')}`,
  );
  const { rowsProcessed, processingTime, throughput } = metadata;
  return [
    `Analysed ${String(rowsProcessed)} rows in ${processingTime.toFixed(1)} ms (${String(throughput)} rows/s).`,
    ...lines,
  ].join('\n');
}
