import type { ReadRequest } from './read-request.js';
import { INTERNAL_ERROR, rpcError } from './rpc-error.js';
import type { SentEvents } from './sent-events.js';

/** What an error says of a request that a node may or may not have carried out. */
export const UNKNOWN = { outcome: 'unknown' } as const;

type Data = Readonly<Record<string, unknown>>;

/** An error as a whole body: one, or one for each request of a batch. */
export function errorBody({ ids, batch }: ReadRequest, code: number, message: string, data: Data): string {
  if (!batch || ids.length === 0) return rpcError(ids[0] ?? null, code, message, data);
  return `[${ids.map((id) => rpcError(id, code, message, data)).join(',')}]`;
}

/** The same in an event stream, for each request that has no answer yet. */
export function errorEvents({ ids }: ReadRequest, message: string, sent: SentEvents | undefined): string {
  const open = ids.filter((id) => sent?.answeredIds.has(id) !== true);
  return open.map((id) => event(rpcError(id, INTERNAL_ERROR, message, UNKNOWN))).join('');
}

/** A listen stream's end in good order (2026-07-28, "Graceful Closure"): its client listens again elsewhere. */
export function listenEnd(id: string | number | null): string {
  const _meta = { 'io.modelcontextprotocol/subscriptionId': id };
  return event(JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'complete', _meta } }));
}

function event(message: string): string {
  return `event: message\ndata: ${message}\n\n`;
}
