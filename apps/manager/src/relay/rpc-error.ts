import type { ServerResponse } from 'node:http';
import type { RequestId } from './read-request.js';

/** JSON-RPC codes of the errors that the door makes itself. */
export const INVALID_REQUEST = -32_600;
export const INTERNAL_ERROR = -32_603;

/** A JSON-RPC error response as text. */
export function rpcError(
  id: RequestId,
  code: number,
  message: string,
  data?: Readonly<Record<string, unknown>>,
): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, ...(data && { data }) } });
}

/** Answers with a JSON-RPC error as the whole HTTP response. `headers`: name, value, name, value. */
export function sendError(res: ServerResponse, status: number, body: string, headers: readonly string[]): void {
  writeError(res, status, body, headers);
  res.end();
}

/** The same, but leaves the response open: see lingering-close.ts. */
export function writeError(res: ServerResponse, status: number, body: string, headers: readonly string[]): void {
  const length = String(Buffer.byteLength(body));
  res.writeHead(status, [...headers, 'content-type', 'application/json', 'content-length', length]);
  res.write(body);
}
