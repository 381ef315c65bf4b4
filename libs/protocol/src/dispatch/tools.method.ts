import type { CallToolResult } from '@modelcontextprotocol/server';
import { requireCapabilities } from '../exchange/asking.js';
import type { Exchange } from '../exchange/exchange.js';
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
  exchange.openAnswers();
  const checked = tool.check(args);
  if (!checked.ok) {
    // SEP-1303: a model can mend wrong arguments, so it gets to see what is wrong with them.
    completeWithError(exchange, `Invalid arguments for tool ${tool.name}:\n${checked.problems.join('\n')}`);
    return;
  }
  exchange.progressIntervalMs = tool.progressIntervalMs;
  let returned: ToolReturn | Promise<ToolReturn>;
  try {
    returned = tool.handler(checked.value as never, exchange);
  } catch (thrown) {
    settleFailure(exchange, thrown);
    return;
  }
  if (!(returned instanceof Promise)) {
    completeTool(exchange, tool, returned);
    return;
  }
  return returned.then(
    (value) => {
      completeTool(exchange, tool, value);
    },
    (thrown: unknown) => {
      settleFailure(exchange, thrown);
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

function completeTool(exchange: Exchange, tool: CompiledTool, returned: ToolReturn): void {
  if (tool.checkOutput !== undefined && !isErrorResult(returned)) {
    completeStructured(exchange, tool, returned);
    return;
  }
  if (typeof returned === 'string') {
    exchange.completeMembers(`"content":[{"type":"text","text":${JSON.stringify(returned)}}]`);
    return;
  }
  if (!Array.isArray(returned['content']))
    throw new WireError(Code.InternalError, `tool ${tool.name}: expected a text or a result with content`);
  exchange.complete(returned, isErrorResult(returned) ? 'tool_error' : 'ok');
}

/** The structured value, and the same as text for clients of revisions that do not know it. */
function completeStructured(exchange: Exchange, tool: CompiledTool, returned: ToolReturn): void {
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
  exchange.complete({ ...whole, content, structuredContent });
}

function isErrorResult(returned: ToolReturn): boolean {
  return typeof returned === 'object' && returned['isError'] === true;
}

/** JSON-RPC errors and questions go as they are; anything else that a tool throws is for the model to read. */
function settleFailure(exchange: Exchange, thrown: unknown): void {
  if (thrown instanceof WireError || thrown instanceof InputRequired || thrown instanceof CancelledError) {
    exchange.fail(thrown);
    return;
  }
  completeWithError(exchange, thrown instanceof Error ? thrown.message : String(thrown));
}

function completeWithError(exchange: Exchange, message: string): void {
  exchange.completeMembers(
    `"content":[{"type":"text","text":${JSON.stringify(message)}}],"isError":true`,
    'tool_error',
  );
}
