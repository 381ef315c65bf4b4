import { isTerminal, type TaskSnapshot } from '@mcp-cluster/protocol';
import { structured, type text } from '@mcp-cluster/tools';
import { z } from 'zod';

/** What the job tools tell of a job. */
export const jobOutput = z.object({
  jobId: z.string(),
  status: z.enum(['working', 'input_required', 'completed', 'failed', 'cancelled']),
  message: z.string().optional().describe('What it does, or why it ended.'),
  startedAt: z.string(),
  updatedAt: z.string(),
  pollAfterMs: z.int().optional().describe('Milliseconds to wait before asking again; absent when it has ended.'),
  isError: z.boolean().optional().describe('Whether the tool failed, when the job has completed.'),
  result: z
    .unknown()
    .optional()
    .describe("The tool's structured result, if it gives one; its other content follows the message."),
});

/** A job's state as a tool's result: the structured state, and for people a sentence and the result's own blocks. */
export function jobResult(task: TaskSnapshot) {
  const result = task.resultJson === undefined ? undefined : (JSON.parse(task.resultJson) as ToolResult);
  const ended = isTerminal(task.status);
  const view = {
    jobId: task.taskId,
    status: task.status,
    ...(task.statusMessage !== undefined && { message: task.statusMessage }),
    startedAt: task.createdAt,
    updatedAt: task.lastUpdatedAt,
    ...(!ended && { pollAfterMs: task.pollIntervalMs }),
    ...(result !== undefined && { isError: result.isError === true, result: result.structuredContent }),
  };
  const said = structured(view, describe(task));
  return { ...said, content: [...said.content, ...(result?.content ?? [])] };
}

interface ToolResult {
  readonly content: ReturnType<typeof text>[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean;
}

function describe({ status, statusMessage, taskId, pollIntervalMs }: TaskSnapshot): string {
  const message = statusMessage === undefined ? '' : `: ${statusMessage}`;
  if (isTerminal(status)) return `The job is ${status}${message}.`;
  return `The job is ${status}${message}. Ask again with check_status in ${String(pollIntervalMs)} ms or later; jobId ${taskId}`;
}
