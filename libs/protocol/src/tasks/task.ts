import type { Ask } from '../exchange/context.js';
import type { ServerCapabilities, ClientCapabilities } from '@modelcontextprotocol/server';
import { Code, WireError } from '../wire/errors.js';
import type { Params } from '../wire/message.js';

/** The extension's identifier (SEP-2663). */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** What a server says of itself that serves tasks. */
export const TASKS_CAPABILITY: ServerCapabilities = { extensions: { [TASKS_EXTENSION]: {} } };

export type TaskStatus = 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';

/** One state of a task: everything that `tasks/get` answers. Never changed; each change is a new one. */
export interface TaskSnapshot {
  readonly taskId: string;
  readonly status: TaskStatus;
  readonly statusMessage?: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
  /** Milliseconds from `createdAt` for which the task is kept at least. */
  readonly ttlMs: number;
  readonly pollIntervalMs: number;
  /** What the client is asked, by key; with `input_required`. */
  readonly inputRequests?: Readonly<Record<string, Ask>>;
  /** The result as JSON; with `completed`. */
  readonly resultJson?: string;
  /** With `failed`. */
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export function isTerminal(status: TaskStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** The members of a `DetailedTask` as JSON, without braces. */
export function taskMembers({ resultJson, ...task }: TaskSnapshot): string {
  const members = JSON.stringify(task).slice(1, -1);
  return resultJson === undefined ? members : `${members},"result":${resultJson}`;
}

/** A `CreateTaskResult` as JSON: the task without what only `tasks/get` gives. */
export function handleResult(task: TaskSnapshot, _meta: Params): string {
  const { inputRequests: _requests, resultJson: _result, error: _error, ...handle } = task;
  return JSON.stringify({ resultType: 'task', ...handle, _meta });
}

export function errorOf(failure: WireError): NonNullable<TaskSnapshot['error']> {
  const { code, message, data } = failure;
  return data === undefined ? { code, message } : { code, message, data };
}

/** Whether a client said, on this very request, that it takes tasks. */
export function knowsTasks(capabilities: ClientCapabilities): boolean {
  return capabilities.extensions?.[TASKS_EXTENSION] !== undefined;
}

/** -32021: what a client must declare to use tasks. */
export function tasksNotDeclared(): WireError {
  const message = `Missing required client capability: the client did not declare the extension ${TASKS_EXTENSION}`;
  return new WireError(Code.MissingRequiredClientCapability, message, {
    requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } },
  });
}
