import { isUtf8 } from 'node:buffer';
import { Code, invalidRequest, parseError, WireError } from '@mcp-cluster/protocol';

/** Deeper than any schema of a tool; shallow enough for every recursive reader behind us. */
export const MAX_DEPTH = 64;
/** Values in one body: a million-element array of a 4 MiB body would become 50 times its size (CVE-2026-111768). */
export const MAX_ELEMENTS = 100_000;

/**
 * Parses one message, or one batch, from the bytes of an HTTP body or of a line.
 * @throws WireError -32700 for what is not JSON in UTF-8, -32600 for one too deep, -32602 for too many elements
 */
export function parseMessage(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw parseError('the message is not UTF-8');
  checkLimits(bytes);
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    throw parseError('the message is not JSON');
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
function checkLimits(bytes: Buffer): void {
  let depth = 0;
  let elements = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at);
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth += 1;
        elements += 1;
        if (depth > MAX_DEPTH) throw invalidRequest(`message: expected at most ${String(MAX_DEPTH)} levels of nesting`);
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
      `Invalid params: message: expected at most ${String(MAX_ELEMENTS)} values`,
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
