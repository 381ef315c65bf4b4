import type { IncomingHttpHeaders } from 'node:http';

/** Methods whose `Mcp-Name` is the id of a task (SEP-2663, "Routing Headers"). */
const TASK_METHODS: ReadonlySet<string> = new Set(['tasks/get', 'tasks/update', 'tasks/cancel']);
/** What a tool's argument with `x-mcp-header: "Task-Id"` arrives in: tools that tell of a task name it so. */
const TASK_PARAM = 'mcp-param-task-id';

const BASE64_PREFIX = '=?base64?';
const BASE64_SUFFIX = '?=';

/**
 * The id of the task that a 2026-07-28 request is about, or undefined when it is about none. Nothing is checked here:
 * an id opens with the cluster's key or not at all, and the node compares headers and body (T2).
 */
export function taskIn(headers: IncomingHttpHeaders): string | undefined {
  const method = headers['mcp-method'];
  if (typeof method !== 'string') return undefined;
  if (method === 'tools/call') return plain(headers[TASK_PARAM]);
  return TASK_METHODS.has(method) ? plain(headers['mcp-name']) : undefined;
}

/** The value without the sentinel form that a client may wrap it in ("Value Encoding"). */
function plain(value: string | string[] | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (!value.startsWith(BASE64_PREFIX) || !value.endsWith(BASE64_SUFFIX)) return value;
  return Buffer.from(value.slice(BASE64_PREFIX.length, -BASE64_SUFFIX.length), 'base64').toString('utf8');
}
