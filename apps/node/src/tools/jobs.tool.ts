import { Code, WireError, type Jobs } from '@mcp-cluster/protocol';
import { Tool, ToolError, type ToolContext } from '@mcp-cluster/tools';
import { JOBS } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { jobOutput, jobResult } from '../jobs/job-view.js';

/** A sealed id has about 110 characters. */
const MAX_ID = 512;

const startInput = z.object({
  tool: z.string().min(1).max(64).describe('The tool to run, for example "run_analysis".'),
  arguments: z.record(z.string(), z.unknown()).default({}).describe('Its arguments.'),
});

const jobInput = z.object({
  jobId: z
    .string()
    .min(1)
    .max(MAX_ID)
    // Managers send the call to the node that runs the job by this header.
    .meta({ 'x-mcp-header': 'Task-Id' })
    .describe('The id that start_job gave.'),
});

/** Jobs must not start jobs: one call could fill the node with them. */
const NO_JOBS = new Set(['start_job', 'check_status', 'cancel_job']);

/** Long work for every client (S13): begin, ask, cancel. The same work as tasks, for clients that do not know them. */
@Injectable()
export class JobsTool {
  constructor(@Inject(JOBS) private readonly jobs: Jobs) {}

  @Tool({
    name: 'start_job',
    title: 'Start job',
    description:
      'Starts a call of another tool as a job and answers at once with its id; check_status tells how it goes and gives its result. For work that takes longer than a client waits.',
    input: startInput,
    output: jobOutput,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  })
  async startJob({ tool, arguments: args }: z.output<typeof startInput>, context: ToolContext) {
    if (NO_JOBS.has(tool)) throw new ToolError(`tool: expected a tool other than the job tools, got "${tool}"`);
    return jobResult(await this.jobs.start(tool, args, context.principal, context.requestId));
  }

  @Tool({
    name: 'check_status',
    title: 'Check status',
    description:
      'Tells the state of a job that start_job began, and its result when it has one. The result is kept for an hour.',
    input: jobInput,
    output: jobOutput,
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  })
  async checkStatus({ jobId }: z.output<typeof jobInput>, context: ToolContext) {
    return jobResult(await this.find(jobId, context));
  }

  @Tool({
    name: 'cancel_job',
    title: 'Cancel job',
    description: 'Asks a job to stop, and tells its state.',
    input: jobInput,
    output: jobOutput,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  })
  async cancelJob({ jobId }: z.output<typeof jobInput>, context: ToolContext) {
    await this.find(jobId, context);
    await this.jobs.cancel(jobId, context.principal);
    return jobResult(await this.find(jobId, context));
  }

  /** A wrong id is the model's to mend, so it is a tool error. */
  private async find(jobId: string, context: ToolContext) {
    try {
      return await this.jobs.status(jobId, context.principal);
    } catch (cause) {
      if (!(cause instanceof WireError) || cause.code !== Code.InvalidParams) throw cause;
      throw new ToolError(
        `jobId: expected the id of a job that start_job gave you in the last hour, got one that is unknown here`,
        { cause },
      );
    }
  }
}
