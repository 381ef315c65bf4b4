import type { IncomingMessage } from 'node:http';

/** What a route answers: its HTTP status and what goes out as JSON. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: object;
}

/** A further route of the management port: one that shows something, or one that changes something. */
export type JsonRoute =
  | { readonly get: () => object | Promise<object> }
  /** @param body the JSON that came, whatever it is */
  | { readonly post: (body: unknown) => JsonAnswer | Promise<JsonAnswer> };

/** Bytes of a body: what is told here is an order, not data. */
export const MAX_JSON_BYTES = 8_192;

/** Of what came, in an answer that refuses it. */
const SHOWN_CHARACTERS = 100;

export async function answerJson(route: JsonRoute, request: IncomingMessage): Promise<JsonAnswer> {
  if ('get' in route) return { status: 200, body: await route.get() };
  const refusal = refuse(request);
  if (refusal !== undefined) return refusal;
  const text = await readText(request);
  if (text === undefined) return refused(413, 'body_too_large', `body: expected at most ${MAX_JSON_BYTES} bytes`);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    const got = text === '' ? 'nothing' : JSON.stringify(text.slice(0, SHOWN_CHARACTERS));
    return refused(400, 'invalid_field', `body: got ${got}, expected JSON`, { field: 'body', got, expected: 'JSON' });
  }
  return route.post(body);
}

/**
 * Browsers mark every POST of a page with its origin, and send JSON to another origin only when it says that it wants
 * it: no page on a developer's screen may change anything here.
 */
function refuse({ headers }: IncomingMessage): JsonAnswer | undefined {
  if (headers.origin !== undefined) return refused(403, 'web_page', 'not for web pages');
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/json') return undefined;
  return refused(415, 'unsupported_media_type', 'Content-Type: expected application/json');
}

function refused(status: number, error: string, message: string, more?: object): JsonAnswer {
  return { status, body: { statusCode: status, error, message, ...more } };
}

/** @returns undefined when it is too long; the rest is read, and not kept, so that the answer can be sent */
async function readText(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_JSON_BYTES) chunks.push(chunk);
  }
  return size > MAX_JSON_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}
