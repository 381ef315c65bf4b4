import type { ServerResponse } from 'node:http';

/** JSON-RPC codes of the errors that the door makes itself. */
export const INVALID_REQUEST = -32_600;
export const INTERNAL_ERROR = -32_603;

type RequestId = string | number | null;

/** A JSON-RPC error response as text. */
export function rpcError(
  id: RequestId,
  code: number,
  message: string,
  data?: Readonly<Record<string, unknown>>,
): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, ...(data && { data }) } });
}

/**
 * The id of the request in a body, for an error about it; null when the body has none that can be read
 * (JSON-RPC 2.0, section 5). The door parses a body for nothing else.
 */
export function requestIdOf(body: Buffer | null): RequestId {
  if (body === null || body.length === 0) return null;
  try {
    const message: unknown = JSON.parse(body.toString('utf8'));
    if (typeof message !== 'object' || message === null || !('id' in message)) return null;
    return typeof message.id === 'string' || typeof message.id === 'number' ? message.id : null;
  } catch {
    return null; // not JSON: the error cannot name a request
  }
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
