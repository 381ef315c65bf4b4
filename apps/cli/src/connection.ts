import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { asError, errorCode, LocalError } from '@mcp-cluster/kernel';
import type { EraChoice, Options } from './command-line.js';
import { VERSION } from './version.js';

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

/** @throws UnreachableError */
export async function connect({ url, command, era }: Options): Promise<Client> {
  const client = new Client(
    { name: 'mcp-cluster-cli', version: VERSION },
    { versionNegotiation: { mode: MODES[era] } },
  );
  const [program, ...args] = command ?? [];
  const transport =
    program === undefined
      ? new StreamableHTTPClientTransport(new URL(url))
      : new StdioClientTransport({ command: program, args });
  try {
    await client.connect(transport);
  } catch (thrown) {
    throw new UnreachableError(command?.join(' ') ?? url, asError(thrown));
  }
  return client;
}

/** The SDK and fetch hide why they failed in a chain of causes: what a person can act on is at its end. */
function reason(error: Error): string {
  let innermost: unknown = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  const detail = innermost instanceof Error ? innermost.message || (errorCode(innermost) ?? '') : '';
  return detail === '' || innermost === error ? error.message : `${error.message} (${detail})`;
}
