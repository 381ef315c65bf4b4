import {
  Client,
  StreamableHTTPClientTransport,
  type ClientCapabilities,
  type Transport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { asError, errorCode, LocalError } from '@mcp-cluster/kernel';
import type { EraChoice, Options } from './command-line.js';
import type { QuestionDesk } from './question-desk.js';
import { TaskResults } from './task-results.js';
import { VERSION } from './version.js';

/** The extension's identifier (SEP-2663). */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** Pages of a list that are read, of up to 250 entries each. A server that gives more has no end. */
const MAX_PAGES = 1_000;

const MODES = { auto: 'auto', legacy: 'legacy', modern: { pin: '2026-07-28' } } as const satisfies Record<
  EraChoice,
  unknown
>;

/** The server cannot be reached, or it is no MCP server. */
export class UnreachableError extends LocalError {
  constructor(where: string, cause: Error) {
    super('cli.unreachable', `${where}: ${reason(cause)}`, { cause });
  }
}

/** A server that has answered. */
export interface Connection {
  readonly client: Client;
  readonly clientInfo: { readonly name: string; readonly version: string };
  readonly capabilities: ClientCapabilities;
  /** With `--task`. */
  readonly taskResults: TaskResults | undefined;
}

/** @throws UnreachableError */
export async function connect(options: Options, desk: QuestionDesk): Promise<Connection> {
  const { url, command } = options;
  const [program, ...args] = command ?? [];
  const transport =
    program === undefined
      ? new StreamableHTTPClientTransport(new URL(url))
      : new StdioClientTransport({ command: program, args });
  try {
    return await connectOver(transport, options, desk);
  } catch (thrown) {
    throw new UnreachableError(command?.join(' ') ?? url, asError(thrown));
  }
}

/** Declares what this client can do: questions where somebody can answer them, tasks where they are wanted. */
export async function connectOver(
  transport: Transport,
  { era, task }: Pick<Options, 'era' | 'task'>,
  desk: QuestionDesk,
): Promise<Connection> {
  const clientInfo = { name: 'mcp-cluster-cli', version: VERSION };
  const capabilities: ClientCapabilities = {
    ...(desk.staffed && { elicitation: { form: {} } }),
    ...(task && { extensions: { [TASKS_EXTENSION]: {} } }),
  };
  const client = new Client(clientInfo, {
    capabilities,
    versionNegotiation: { mode: MODES[era] },
    listMaxPages: MAX_PAGES,
  });
  if (desk.staffed)
    client.setRequestHandler('elicitation/create', async ({ params }, { mcpReq }) => ({
      ...(await desk.ask(params, mcpReq.signal)),
    }));
  const taskResults = task ? new TaskResults() : undefined;
  taskResults?.watch(transport);
  await client.connect(transport);
  return { client, clientInfo, capabilities, taskResults };
}

/** The SDK and fetch hide why they failed in a chain of causes: what a person can act on is at its end. */
function reason(error: Error): string {
  let innermost: unknown = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  const detail = innermost instanceof Error ? innermost.message || (errorCode(innermost) ?? '') : '';
  return detail === '' || innermost === error ? error.message : `${error.message} (${detail})`;
}
