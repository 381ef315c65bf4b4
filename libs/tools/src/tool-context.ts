import type { ExchangeContext } from '@mcp-cluster/protocol';

/** What a tool, resource or prompt is given besides its arguments: progress, log, questions to the client, cancellation. */
export type ToolContext = ExchangeContext;
