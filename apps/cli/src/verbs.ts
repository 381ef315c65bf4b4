import type { Client } from '@modelcontextprotocol/client';
import { LocalError, type Clock } from '@mcp-cluster/kernel';
import type { Options } from './command-line.js';
import { LiveLine, type Screen } from './live-line.js';
import { resourceText, resultText, timingsText } from './result.view.js';
import { readArguments } from './tool-arguments.js';

/** What a verb works with. */
export interface Session {
  readonly client: Client;
  readonly options: Options;
  readonly connectMs: number;
  readonly clock: Clock;
  /** Results go here. */
  readonly out: Screen;
  /** Progress and timings go here, so that a result can be piped. */
  readonly status: Screen;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
}

export async function list({ client, options, out }: Session): Promise<void> {
  const { tools } = await client.listTools();
  const { resources } = await client.listResources();
  const { resourceTemplates } = await client.listResourceTemplates();
  const { prompts } = await client.listPrompts();
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
  const { client, options, clock, out, status, signal, connectMs } = session;
  const { tools } = await client.listTools();
  const tool = tools.find((candidate) => candidate.name === name);
  if (tool === undefined)
    throw new LocalError('cli.unknown_tool', `no tool ${name}; there are: ${tools.map((one) => one.name).join(', ')}`);
  const args = readArguments(pairs, tool.inputSchema);
  const line = options.json ? undefined : new LiveLine(status, clock);
  const startedAt = clock.monotonic();
  let events = 0;
  let firstEventMs: number | undefined;
  const result = await client
    .callTool(
      { name, arguments: args },
      {
        signal,
        timeout: options.timeoutMs,
        resetTimeoutOnProgress: true,
        onprogress: (progress) => {
          events += 1;
          firstEventMs ??= clock.monotonic() - startedAt;
          line?.update(progress);
        },
      },
    )
    .then((answer) => {
      if (answer.isError !== true) line?.complete();
      return answer;
    })
    .finally(() => line?.stop());
  const totalMs = clock.monotonic() - startedAt;
  out.write(`${options.json ? JSON.stringify(result, null, 2) : resultText(result)}\n`);
  const timings = { connectMs, firstEventMs: firstEventMs ?? totalMs, totalMs, events };
  if (!options.json) status.write(`${timingsText(timings)}\n`);
  return result.isError !== true;
}

export async function read({ client, options, out }: Session, uri: string): Promise<void> {
  const result = await client.readResource({ uri });
  out.write(`${options.json ? JSON.stringify(result, null, 2) : resourceText(result)}\n`);
}

function signature(name: string, schema: { properties?: object | undefined; required?: string[] | undefined }): string {
  const required = new Set(schema.required);
  const names = Object.keys(schema.properties ?? {}).map((key) => (required.has(key) ? `${key}=…` : `[${key}=…]`));
  return [name, ...names].join(' ');
}
