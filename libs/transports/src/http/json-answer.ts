import type { ServerResponse } from 'node:http';
import { errorMessage, type Era, type RequestId, type WireError } from '@mcp-cluster/protocol';
import { BodyTooLargeError } from './body.js';
import { lingeringClose } from './lingering-close.js';
import { errorHeaders, httpStatus } from './status.js';

export function sendJson(response: ServerResponse, status: number, body: string, headers: readonly string[]): void {
  if (writeJsonHead(response, status, body, headers)) response.end(body);
}

function writeJsonHead(response: ServerResponse, status: number, body: string, headers: readonly string[]): boolean {
  if (response.headersSent || response.destroyed) return false;
  response.writeHead(status, [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(Buffer.byteLength(body)),
    ...headers,
  ]);
  return true;
}

/** An error that is not the answer to a dispatched request. */
export function sendError(
  response: ServerResponse,
  error: WireError,
  era: Era,
  id: RequestId | undefined,
  headers: readonly string[],
): void {
  const status = httpStatus(error, era);
  const body = errorMessage(id, error);
  const allHeaders = [...headers, ...errorHeaders(error)];
  if (!(error instanceof BodyTooLargeError)) sendJson(response, status === 200 ? 400 : status, body, allHeaders);
  else if (writeJsonHead(response, status, body, allHeaders)) {
    response.write(body);
    lingeringClose(response);
  }
}
