import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { invalidRequest, parseError, WireError, Code } from '@mcp-cluster/protocol';

/** The SDK's limit too: 4 MiB hold any sensible call, and a thousand of them fit a small pod. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** Deeper than any schema of a tool; shallow enough for every recursive reader behind us. */
export const MAX_DEPTH = 64;
/** Values in one body: a million-element array of a 4 MiB body would become 50 times its size (CVE-2026-111768). */
export const MAX_ELEMENTS = 100_000;

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

/**
 * Parses a body.
 * @throws WireError -32700 for what is not JSON in UTF-8, -32600 for one too deep, -32602 for too many elements
 */
export function parseBody(body: Buffer): unknown {
  if (!isUtf8(body)) throw parseError('the body is not UTF-8');
  checkLimits(body);
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw parseError('the body is not JSON');
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** One pass over the bytes, before anything is built of them. */
function checkLimits(body: Buffer): void {
  let depth = 0;
  let elements = 0;
  for (let at = 0; at < body.length; at += 1) {
    switch (body[at]) {
      case QUOTE:
        at = endOfString(body, at);
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth += 1;
        elements += 1;
        if (depth > MAX_DEPTH) throw invalidRequest(`body: expected at most ${String(MAX_DEPTH)} levels of nesting`);
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth -= 1;
        break;
      case COMMA:
        elements += 1;
        break;
    }
  }
  if (elements > MAX_ELEMENTS)
    throw new WireError(
      Code.InvalidParams,
      `Invalid params: body: expected at most ${String(MAX_ELEMENTS)} values`,
      undefined,
      'gate',
    );
}

/** The closing quote of the string that opens at `at`: the next quote with an even number of backslashes before it. */
function endOfString(body: Buffer, at: number): number {
  let quote = body.indexOf(QUOTE, at + 1);
  while (quote !== -1) {
    let slashes = 0;
    while (body[quote - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return quote;
    quote = body.indexOf(QUOTE, quote + 1);
  }
  return body.length;
}
