import { z } from 'zod';
import type { PipelineOutcome } from './pipeline.js';
import { shownGroups } from './report.stage.js';
import { STAGE_STATUSES, STAGES } from './stage-runner.js';

const statistics = z.object({
  column: z.string(),
  count: z.int().describe('Values; rows without one are left out.'),
  mean: z.number().nullable(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  p50: z.number().nullable().describe('Nearest rank: a value that occurs.'),
  p95: z.number().nullable().describe('Nearest rank: a value that occurs.'),
  score: z.number().nullable().describe('Mean z-score: standard deviations from the mean of the column.'),
});

const column = z.object({
  name: z.string(),
  kind: z.enum(['integer', 'number', 'boolean', 'timestamp', 'category', 'text']),
  missing: z.int().describe('Accepted rows without a value.'),
  mean: z.number().optional(),
  standardDeviation: z.number().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  normalisation: z.enum(['z-score', 'none']).optional().describe('None where all values are the same.'),
  distinct: z.int().optional().describe('Different values of a category.'),
  earliest: z.string().optional().describe('ISO 8601, UTC.'),
  latest: z.string().optional().describe('ISO 8601, UTC.'),
  longest: z.int().optional().describe('Characters of the longest text.'),
});

/** The structured result: the parts after the stage that failed are left out. */
export const pipelineResult = z.object({
  input: z.string(),
  status: z.enum(['completed', 'failed']),
  failedStage: z.enum(STAGES.map(({ name }) => name)).optional(),
  stages: z.array(
    z.object({
      name: z.enum(STAGES.map(({ name }) => name)),
      weight: z.int().describe('Its share of the progress, of 100.'),
      status: z.enum(STAGE_STATUSES),
      durationMs: z.number().describe('Milliseconds.'),
      detail: z.string(),
    }),
  ),
  checksum: z.string().optional().describe('SHA-256 of the file, in hexadecimal.'),
  totals: z
    .object({ bytes: z.int(), rows: z.int(), accepted: z.int(), rejected: z.int(), columns: z.int(), groups: z.int() })
    .optional(),
  problems: z.array(z.string()).describe('The first 20 rejected rows.'),
  columns: z.array(column).optional(),
  groupedBy: z.string().nullable().optional().describe('The column whose values are the keys of the groups.'),
  groups: z
    .array(z.object({ key: z.string().nullable(), rows: z.int(), statistics: z.array(statistics) }))
    .optional()
    .describe('The largest groups first; totals.groups says how many there are.'),
});

export type PipelineResult = z.output<typeof pipelineResult>;

export function toResult(input: string, outcome: PipelineOutcome): PipelineResult {
  const { stages, failure, problems, fetched, validated, aggregated } = outcome;
  const result: PipelineResult = {
    input,
    status: failure === undefined ? 'completed' : 'failed',
    stages: [...stages],
    problems: [...problems],
  };
  if (failure !== undefined) result.failedStage = failure.stage;
  if (fetched !== undefined) result.checksum = fetched.checksum;
  if (fetched === undefined || validated === undefined || aggregated === undefined) return result;
  const { accepted, rejected, columns } = validated;
  const rows = accepted + rejected;
  result.totals = {
    bytes: fetched.bytes,
    rows,
    accepted,
    rejected,
    columns: columns.length,
    groups: aggregated.groups.length,
  };
  result.columns = describeColumns(outcome);
  result.groupedBy = aggregated.groupedBy;
  result.groups = [...shownGroups(aggregated)];
  return result;
}

function describeColumns({ validated, transformed }: PipelineOutcome): NonNullable<PipelineResult['columns']> {
  const more = new Map<string, Partial<z.output<typeof column>>>();
  for (const { column, present, method, mean, standardDeviation, min, max } of transformed?.numeric ?? []) {
    if (present > 0) more.set(column.name, { mean, standardDeviation, min, max, normalisation: method });
  }
  for (const { column, labels } of transformed?.categories ?? []) more.set(column.name, { distinct: labels.length });
  for (const { column, earliest, latest } of transformed?.timestamps ?? []) {
    if (earliest !== undefined && latest !== undefined) more.set(column.name, { earliest, latest });
  }
  for (const { column, longest } of transformed?.texts ?? []) more.set(column.name, { longest });
  return (validated?.columns ?? []).map(({ name, kind, missing }) => ({ name, kind, missing, ...more.get(name) }));
}
