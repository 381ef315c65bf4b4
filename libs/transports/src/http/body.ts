import type { IncomingMessage } from 'node:http';
import { Code, WireError } from '@mcp-cluster/protocol';

/** The SDK's limit too: 4 MiB hold any sensible call, and a thousand of them fit a small pod. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** The body is larger than we take: HTTP 413. */
export class BodyTooLargeError extends WireError {
  constructor() {
    super(
      Code.InvalidRequest,
      `Invalid Request: body: expected at most ${String(MAX_BODY_BYTES)} bytes`,
      undefined,
      'gate',
    );
  }
}

/**
 * Collects a request's body and calls back once, with the bytes or with what is wrong. After a refusal the
 * rest of the body is not read: the connection is closed with the answer.
 */
export function readBody(request: IncomingMessage, done: (body: Buffer | undefined, error?: WireError) => void): void {
  const declared = request.headers['content-length'];
  if (declared !== undefined && Number(declared) > MAX_BODY_BYTES) {
    done(undefined, new BodyTooLargeError());
    return;
  }
  let first: Buffer | undefined;
  let rest: Buffer[] | undefined;
  let size = 0;
  let over = false;
  request.on('data', (chunk: Buffer) => {
    if (over) return;
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      over = true;
      done(undefined, new BodyTooLargeError());
    } else if (first === undefined) first = chunk;
    else (rest ??= []).push(chunk);
  });
  request.on('end', () => {
    if (over) return;
    done(first === undefined ? EMPTY : rest === undefined ? first : Buffer.concat([first, ...rest], size));
  });
}

const EMPTY = Buffer.alloc(0);
