import { asError } from '@mcp-cluster/kernel';
import { TASKS_EXTENSION } from './connection.js';
import { printable } from './progress.view.js';

/** -32021: the client did not declare what the request needs (2026-07-28). */
const MISSING_CAPABILITY = -32_021;

/** Why it failed, and what to do about it where that is known. */
export function failureText(thrown: unknown): string {
  const message = printable(asError(thrown).message);
  const hint = hintFor(thrown);
  return hint === undefined ? message : `${message}\n${hint}`;
}

function hintFor(thrown: unknown): string | undefined {
  const { code, data } = thrown as { code?: unknown; data?: { requiredCapabilities?: Required } };
  const required = code === MISSING_CAPABILITY ? data?.requiredCapabilities : undefined;
  if (required?.elicitation !== undefined)
    return 'The tool asks questions: run it on a terminal (stdin and stderr), where you can answer them.';
  if (required?.extensions?.[TASKS_EXTENSION] !== undefined) return 'The tool runs as a task: call it with --task.';
  return undefined;
}

interface Required {
  readonly elicitation?: unknown;
  readonly extensions?: Readonly<Record<string, unknown>>;
}
