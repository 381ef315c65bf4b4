import type { Clock } from '@mcp-cluster/kernel';
import { CapacityError } from '@mcp-cluster/protocol';
import { structured, Tool, type ToolContext } from '@mcp-cluster/tools';
import { CLOCK } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { DATASET_EXTENSIONS, formatOf } from '../datasets/dataset-reader.js';
import { MAX_FETCH_BYTES } from '../datasets/pipeline/fetch.stage.js';
import { pipelineResult, toResult } from '../datasets/pipeline/pipeline-result.js';
import { runPipeline, type PipelineOutcome } from '../datasets/pipeline/pipeline.js';
import { DATA_DIR } from '../files/folders.js';
import { openGuardedFile, type GuardedFile, type GuardedFolder } from '../files/guarded-file.js';

/** From here on a file takes long enough for a task, where the client knows tasks. */
const DETACH_BYTES = 8_388_608;

/** Files of all calls together that are in memory: two of the largest. More calls at a time are refused. */
const MAX_HELD_BYTES = 2 * MAX_FETCH_BYTES;

/** About what one of the largest files takes. */
const RETRY_AFTER_SECONDS = 10;

const input = z.object({
  input: z
    .string()
    .min(1)
    .max(255)
    .describe(
      'A CSV or NDJSON file of at most 64 MiB below the data folder, for example "measurements.csv" or "events.ndjson".',
    ),
});

/** Fetches, validates, transforms, aggregates and reports one file (S09). */
@Injectable()
export class MultiStagePipelineTool {
  private heldBytes = 0;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(DATA_DIR) private readonly dataDir: string,
  ) {}

  @Tool({
    name: 'multi_stage_pipeline',
    title: 'Multi-stage pipeline',
    description:
      'Works on a CSV or NDJSON file in five stages (fetch, validate, transform, aggregate, report): checks its rows, finds out what its columns are, and gives count, mean, min, max, p50 and p95 of the numeric ones by group, with a report. Progress goes from 0 to 100 by the weights of the stages.',
    input,
    output: pipelineResult,
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  })
  async multiStagePipeline({ input: name }: z.output<typeof input>, context: ToolContext) {
    const file = await openGuardedFile(dataFolder(this.dataDir), name);
    try {
      return answer(name, await this.work(name, file, context));
    } finally {
      await file.handle.close();
    }
  }

  private async work(name: string, { handle, size }: GuardedFile, context: ToolContext): Promise<PipelineOutcome> {
    // A larger one is refused by the first stage, before anything of it is held.
    const held = size <= MAX_FETCH_BYTES ? size : 0;
    if (this.heldBytes + held > MAX_HELD_BYTES)
      throw new CapacityError('multi_stage_pipeline: other large files are being worked on', RETRY_AFTER_SECONDS);
    this.heldBytes += held;
    try {
      if (held > DETACH_BYTES) await context.detach(`working on ${name}`);
      // A file that grows while it is read is worked on as long as it was.
      const source = handle.createReadStream({ autoClose: false, start: 0, end: Math.max(size - 1, 0) });
      return await runPipeline({ name, format: formatOf(name), field: 'input', source, size }, context, this.clock);
    } finally {
      this.heldBytes -= held;
    }
  }
}

function dataFolder(path: string): GuardedFolder {
  const expected = 'a CSV or NDJSON file below the data folder, for example "measurements.csv"';
  return { path, field: 'input', title: 'data folder', extensions: DATASET_EXTENSIONS, expected };
}

function answer(name: string, outcome: PipelineOutcome) {
  const result = toResult(name, outcome);
  const { failure, report = '' } = outcome;
  if (failure === undefined) return structured(result, report);
  const stages = result.stages.map((stage) => `${stage.name}: ${stage.status}`).join(', ');
  return { ...structured(result, `stage ${failure.message} (${stages})`), isError: true };
}
