import type { CallToolResult } from '@modelcontextprotocol/server';
import { canonicalJson } from '../cache/canonical-json.js';
import { answerShared, isShared, MAX_REMEMBERED, type SharedRun } from '../cache/caching.js';
import type { KeptResults } from '../cache/kept-results.js';
import type { CompiledCache } from '../cache/compiled-cache.js';
import { completeText, FailedResult, ResultText } from '../cache/result-text.js';
import { requireCapabilities } from '../exchange/asking.js';
import type { Exchange } from '../exchange/exchange.js';
import { ledgerNames, readIdempotencyKey } from '../execution/idempotency-key.js';
import { KeyedCall, replay, type Ending } from '../execution/keyed-call.js';
import { knowsTasks, tasksNotDeclared } from '../tasks/task.js';
import { CancelledError, Code, invalidParams, preview, ToolError, WireError } from '../wire/errors.js';
import { isObject, type Params } from '../wire/message.js';
import type { CompiledTool } from '../registry/compiled.js';
import type { ToolReturn } from '../registry/definitions.js';
import type { Registry } from '../registry/registry.js';
import { InputRequired } from '../exchange/asking.js';

/** `tools/call`: the hot path. Returns a promise only when the tool does. */
export function callTool(registry: Registry, exchange: Exchange): void | Promise<void> {
  const { params } = exchange.request;
  const name = params['name'];
  const tool = typeof name === 'string' ? registry.findTool(name) : undefined;
  if (tool === undefined) throw invalidParams(`name: unknown tool ${preview(name)}`);
  exchange.target = tool.name;
  if ((tool.requires !== undefined || tool.taskRequired) && !isServed(tool, exchange)) return;
  const args = params['arguments'] ?? {};
  if (!isObject(args)) throw invalidParams(`arguments: expected an object, got ${preview(args)}`);
  const key = readIdempotencyKey(params);
  if (key !== undefined) return callOnce(exchange, tool, args, key);
  const opening = exchange.openAnswers();
  if (opening !== undefined) return opening.then(() => runTool(exchange, tool, args, exchange));
  return runTool(exchange, tool, args, exchange);
}

/**
 * Runs the tool for the first call with a key, and answers each other one with what came of that. The key is taken
 * before the client's answers are: the last round of a call may come twice like any call.
 */
async function callOnce(exchange: Exchange, tool: CompiledTool, args: Params, key: string): Promise<void> {
  if (!tool.check(args).ok) return runTool(exchange, tool, args, exchange); // refused, which takes no key
  const { keyed } = exchange.services;
  const names = ledgerNames(exchange.principal, tool.name, key, args);
  const entry = { ...names, repeatable: tool.repeatable, attempt: keyed.newAttempt() };
  const turn = await keyed.take(entry, exchange.signal);
  if (turn.state === 'settled') {
    try {
      replay(exchange, turn.outcomeJson);
    } catch (thrown) {
      settleFailure(exchange, thrown);
    }
    return;
  }
  const call = new KeyedCall(keyed, exchange, entry, turn.fence);
  try {
    exchange.throwIfCancelled();
    await exchange.openAnswers();
    exchange.throwIfCancelled();
  } catch (thrown) {
    await call.release();
    throw thrown;
  }
  exchange.idempotencyKey = key;
  try {
    await runTool(exchange, tool, args, call);
  } catch (thrown) {
    call.fail(thrown);
  }
  await call.finish();
}

function runTool(exchange: Exchange, tool: CompiledTool, args: Params, ending: Ending): void | Promise<void> {
  const checked = tool.check(args);
  if (!checked.ok) {
    // SEP-1303: a model can mend wrong arguments, so it gets to see what is wrong with them.
    completeWithError(ending, `Invalid arguments for tool ${tool.name}:\n${checked.problems.join('\n')}`);
    return;
  }
  exchange.progressIntervalMs = tool.progressIntervalMs;
  const { cache } = exchange.services;
  // A call with a key has an Ending of its own, and the ledger: it is run for itself.
  if (tool.cache !== undefined && ending === exchange && cache !== undefined && isShared(cache, tool.cache, exchange)) {
    const text = cachedText(tool.cache, checked.value);
    if (text !== undefined) return callCached(cache, exchange, { tool, cache: tool.cache, text, args: checked.value });
  }
  return perform(exchange, tool, checked.value, ending);
}

/** Undefined for a call whose result is not kept: its author says so, or its arguments have no text that could be compared. */
function cachedText(cache: CompiledCache, args: unknown): string | undefined {
  const relevant = cache.keyOf === undefined ? args : cache.keyOf(args as never);
  return relevant === undefined ? undefined : canonicalJson(relevant);
}

interface CachedToolCall {
  readonly tool: CompiledTool;
  readonly cache: CompiledCache;
  /** What the result depends on. */
  readonly text: string;
  readonly args: unknown;
}

function callCached(
  kept: KeptResults,
  exchange: Exchange,
  { tool, cache, text, args }: CachedToolCall,
): void | Promise<void> {
  return answerShared(kept, {
    exchange,
    cache,
    key: cache.keys.key(text, exchange.principal),
    run: runForAll(tool, args),
    repeats: text.length <= MAX_REMEMBERED,
    answer: ({ value }) => {
      completeText(exchange, value);
    },
    failed: (thrown) => {
      if (thrown instanceof FailedResult) completeText(exchange, thrown.text, 'tool_error');
      else settleFailure(exchange, thrown);
    },
    alone: () => perform(exchange, tool, args, exchange),
  });
}

/** The result for everybody who asks this; what it throws is for those who wait now. */
function runForAll(tool: CompiledTool, args: unknown): SharedRun {
  return async (context) => {
    const result = new ResultText();
    completeTool(result, tool, await tool.handler(args as never, context));
    return result.read();
  };
}

function perform(exchange: Exchange, tool: CompiledTool, args: unknown, ending: Ending): void | Promise<void> {
  let returned: ToolReturn | Promise<ToolReturn>;
  try {
    returned = tool.handler(args as never, exchange);
  } catch (thrown) {
    settleFailure(ending, thrown);
    return;
  }
  if (!(returned instanceof Promise)) {
    completeTool(ending, tool, returned);
    return;
  }
  return returned.then(
    (value) => {
      completeTool(ending, tool, value);
    },
    (thrown: unknown) => {
      settleFailure(ending, thrown);
    },
  );
}

/** Whether the client can do what the tool needs; if not, the exchange has ended. */
function isServed(tool: CompiledTool, exchange: Exchange): boolean {
  const { capabilities, era } = exchange.peer;
  try {
    if (tool.requires !== undefined) requireCapabilities(tool.requires, capabilities, era);
    if (tool.taskRequired) requireTasks(tool.name, exchange);
    return true;
  } catch (thrown) {
    settleFailure(exchange, thrown);
    return false;
  }
}

function requireTasks(name: string, exchange: Exchange): void {
  if (exchange.era === 'session') throw new ToolError(`tool ${name} runs as a task: begin it with start_job`);
  if (!knowsTasks(exchange.peer.capabilities)) throw tasksNotDeclared();
}

function completeTool(ending: Ending, tool: CompiledTool, returned: ToolReturn): void {
  if (tool.checkOutput !== undefined && !isErrorResult(returned)) {
    completeStructured(ending, tool, returned);
    return;
  }
  if (typeof returned === 'string') {
    ending.completeMembers(`"content":[{"type":"text","text":${JSON.stringify(returned)}}]`);
    return;
  }
  if (!Array.isArray(returned['content']))
    throw new WireError(Code.InternalError, `tool ${tool.name}: expected a text or a result with content`);
  ending.complete(returned, isErrorResult(returned) ? 'tool_error' : 'ok');
}

/** The structured value, and the same as text for clients of revisions that do not know it. */
function completeStructured(ending: Ending, tool: CompiledTool, returned: ToolReturn): void {
  const whole =
    typeof returned === 'object' && 'structuredContent' in returned ? (returned as CallToolResult) : undefined;
  const value = whole === undefined ? returned : whole.structuredContent;
  const checked = tool.checkOutput?.(value);
  if (checked?.ok !== true) {
    const problems = checked?.problems.join('; ') ?? 'no output';
    throw new WireError(Code.InternalError, `tool ${tool.name}: its result breaks its output schema: ${problems}`);
  }
  const structuredContent = checked.value as Params;
  const content = whole?.content ?? [{ type: 'text', text: JSON.stringify(structuredContent) }];
  ending.complete({ ...whole, content, structuredContent });
}

function isErrorResult(returned: ToolReturn): boolean {
  return typeof returned === 'object' && returned['isError'] === true;
}

/** JSON-RPC errors and questions go as they are; anything else that a tool throws is for the model to read. */
function settleFailure(ending: Ending, thrown: unknown): void {
  if (thrown instanceof WireError || thrown instanceof InputRequired || thrown instanceof CancelledError) {
    ending.fail(thrown);
    return;
  }
  completeWithError(ending, thrown instanceof Error ? thrown.message : String(thrown));
}

function completeWithError(ending: Ending, message: string): void {
  ending.completeMembers(`"content":[{"type":"text","text":${JSON.stringify(message)}}],"isError":true`, 'tool_error');
}
