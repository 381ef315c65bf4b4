import { LocalError } from '@mcp-cluster/kernel';
import type { CallToolResult, Tool } from '@modelcontextprotocol/client';
import { FollowedRequest } from './followed-request.js';
import { resourceText, resultText, timingsText } from './result.view.js';
import type { Session } from './session.js';
import { callFollowingTask, takesTasks } from './task-call.js';
import { readArguments } from './tool-arguments.js';

/** The SDK's lists follow the cursors: each is whole, whatever the size of the server's pages. */
export async function list({ connection: { client }, options, out, signal }: Session): Promise<void> {
  const limits = { signal, timeout: options.timeoutMs };
  const { tools } = await client.listTools(undefined, limits);
  const { resources } = await client.listResources(undefined, limits);
  const { resourceTemplates } = await client.listResourceTemplates(undefined, limits);
  const { prompts } = await client.listPrompts(undefined, limits);
  if (options.json) {
    out.write(`${JSON.stringify({ tools, resources, resourceTemplates, prompts }, null, 2)}\n`);
    return;
  }
  const sections: [string, [string, string | undefined][]][] = [
    ['Tools', tools.map((tool) => [signature(tool.name, tool.inputSchema), tool.description])],
    ['Resources', resources.map(({ uri, description }) => [uri, description])],
    ['Resource templates', resourceTemplates.map(({ uriTemplate, description }) => [uriTemplate, description])],
    ['Prompts', prompts.map(({ name, description }) => [name, description])],
  ];
  for (const [title, rows] of sections) {
    if (rows.length === 0) continue;
    out.write(`${title}\n${rows.map(([name, text]) => `  ${name}\n      ${text ?? ''}`).join('\n')}\n`);
  }
}

/** @returns false when the tool answered with an error */
export async function call(session: Session, name: string, pairs: readonly string[]): Promise<boolean> {
  const { connection, options, status, signal } = session;
  const { client } = connection;
  const { tools } = await client.listTools(undefined, { signal, timeout: options.timeoutMs });
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool === undefined)
    throw new LocalError('cli.unknown_tool', `no tool ${name}; there are: ${tools.map((one) => one.name).join(', ')}`);
  const args = readArguments(pairs, tool.inputSchema);
  const asTask = options.task && takesTasks(connection);
  if (options.task && !asTask && !options.json)
    status.write('The server does not serve tasks in this revision: a plain call.\n');
  const result = await follow(
    session,
    (request) =>
      asTask ? callFollowingTask(session, tool, args, request) : callPlainly(session, tool, args, request, signal),
    (answer) => answer.isError !== true,
    resultText,
  );
  return result.isError !== true;
}

function callPlainly(
  { connection: { client } }: Session,
  { name }: Tool,
  args: Record<string, unknown>,
  { watch }: FollowedRequest,
  signal: AbortSignal,
): Promise<CallToolResult> {
  return client.callTool({ name, arguments: args }, { ...watch, signal });
}

export async function read(session: Session, uri: string): Promise<void> {
  const { connection, signal } = session;
  await follow(
    session,
    ({ watch }) => connection.client.readResource({ uri }, { ...watch, signal }),
    () => true,
    resourceText,
  );
}

/** Prints the values of a template's variable, one a line; how many more there are goes to the status. */
export async function complete(
  { connection: { client }, options, out, status, signal }: Session,
  { template, variable, prefix }: { template: string; variable: string; prefix: string },
): Promise<void> {
  const { completion } = await client.complete(
    { ref: { type: 'ref/resource', uri: template }, argument: { name: variable, value: prefix } },
    { signal, timeout: options.timeoutMs },
  );
  const { values, total, hasMore } = completion;
  out.write(options.json ? `${JSON.stringify(completion, null, 2)}\n` : values.map((value) => `${value}\n`).join(''));
  if (options.json) return;
  const all = total === undefined ? '' : ` of ${String(total)}`;
  if (hasMore === true || (total ?? 0) > values.length) status.write(`${String(values.length)}${all} values\n`);
}

/** Makes a request with its progress on the screen, then prints its result and timings. */
async function follow<T>(
  session: Session,
  make: (request: FollowedRequest) => Promise<T>,
  isGood: (result: T) => boolean,
  text: (result: T) => string,
): Promise<T> {
  const { options, out, status } = session;
  const request = new FollowedRequest(session);
  let timings;
  let result;
  try {
    result = await make(request);
    if (isGood(result)) request.complete();
  } finally {
    timings = request.stop();
  }
  out.write(`${options.json ? JSON.stringify(result, null, 2) : text(result)}\n`);
  if (!options.json) status.write(`${timingsText(timings)}\n`);
  return result;
}

function signature(name: string, schema: { properties?: object | undefined; required?: string[] | undefined }): string {
  const required = new Set(schema.required);
  const names = Object.keys(schema.properties ?? {}).map((key) => (required.has(key) ? `${key}=…` : `[${key}=…]`));
  return [name, ...names].join(' ');
}
