import type { Clock } from '@mcp-cluster/kernel';
import type { ToolContext } from '@mcp-cluster/tools';
import type { DatasetFormat } from '../dataset-reader.js';
import { aggregateRows, type Aggregated } from './aggregate.stage.js';
import { fetchFile, type Fetched, type FileToFetch } from './fetch.stage.js';
import { renderReport } from './report.stage.js';
import { StageFailure, StageRunner, type StageReport } from './stage-runner.js';
import { transformRows, type Transformed } from './transform.stage.js';
import { validateRows, type Validated } from './validate.stage.js';

export interface PipelineFile extends FileToFetch {
  /** What the caller called it. */
  readonly name: string;
  readonly format: DatasetFormat;
}

/** What the stages gave, as far as they came. */
interface StageValues {
  fetched?: Pick<Fetched, 'bytes' | 'checksum'>;
  validated?: Validated;
  transformed?: Transformed;
  aggregated?: Aggregated;
  report?: string;
}

export interface PipelineOutcome extends Readonly<StageValues> {
  /** One of each stage. */
  readonly stages: readonly StageReport[];
  /** The stage that could not do its work, and why. */
  readonly failure: StageFailure | undefined;
  /** The first wrong rows. */
  readonly problems: readonly string[];
}

/**
 * Runs the five stages on one file. A stage that fails ends the pipeline; the outcome says how far it came.
 * @param context told the progress from 0 to 100; its cancellation ends the pipeline between two chunks
 */
export async function runPipeline(
  file: PipelineFile,
  context: Pick<ToolContext, 'progress' | 'breathe'>,
  clock: Clock,
): Promise<PipelineOutcome> {
  const runner = new StageRunner(context, clock);
  const problems: string[] = [];
  const values: StageValues = {};
  const failure = await runStages(file, runner, problems, values).catch((thrown: unknown) => {
    if (thrown instanceof StageFailure) return thrown;
    throw thrown;
  });
  return { stages: runner.reports, failure, problems, ...values };
}

async function runStages(
  file: PipelineFile,
  runner: StageRunner,
  problems: string[],
  values: StageValues,
): Promise<undefined> {
  const fetched = await runner.run('fetch', (advance) => fetchFile(file, advance));
  const { bytes, checksum } = fetched;
  values.fetched = { bytes, checksum };
  const validated = await runner.run('validate', (advance) => validateRows(fetched, file, problems, advance));
  values.validated = validated;
  const transformed = await runner.run('transform', (advance) => transformRows(fetched, validated, file, advance));
  values.transformed = transformed;
  const aggregated = await runner.run('aggregate', (advance) => aggregateRows(transformed, advance));
  values.aggregated = aggregated;
  const reportable = { name: file.name, fetched, validated, problems, transformed, aggregated, stages: runner.reports };
  values.report = await runner.run('report', (advance) => renderReport(reportable, advance));
}
