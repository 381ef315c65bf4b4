/** Requests of which two are as good as one, by their method. */
const REPEATABLE: ReadonlySet<string> = new Set([
  // They change nothing.
  'ping',
  'server/discover',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'tasks/get',
  'subscriptions/listen',
  // The client learns of the second session only: the first one, empty, ends by its time.
  'initialize',
  // They set something to what it already is.
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
  // They change something once (SEP-2663). The key of a question is never used again in its task, and answers for
  // keys that are no longer open are ignored; cancelling asks for an end that the task already has. Their answer is an
  // empty acknowledgement, so a second node that gives it hides nothing: the next tasks/get tells how the task stands.
  'tasks/update',
  'tasks/cancel',
]);

/** Whether a request may be sent twice whatever its parameters are. `tools/call` is never: its tool decides. */
export function isRepeatable(method: string): boolean {
  return REPEATABLE.has(method);
}

/** What a tool says of itself in `tools/list` (MCP's ToolAnnotations); anything may stand there. */
export interface ToolHints {
  readonly readOnlyHint?: unknown;
  readonly idempotentHint?: unknown;
}

/** Whether a call of the tool may be sent twice. A tool that says nothing changes something each time. */
export function isRepeatableTool(hints: ToolHints | undefined): boolean {
  return hints?.readOnlyHint === true || hints?.idempotentHint === true;
}
