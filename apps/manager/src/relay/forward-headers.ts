import type { IncomingHttpHeaders } from 'node:http';

/** Belong to one hop (RFC 9110, 7.6.1): a proxy speaks them anew on each side. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/**
 * Not passed to the node: what the door says itself (host, length, forwarding, request id), and `expect`,
 * which was answered when the body was read.
 */
const REQUEST_DROPPED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'host',
  'content-length',
  'expect',
  'forwarded',
  'x-request-id',
]);

/** Not passed to the client. */
const RESPONSE_DROPPED: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'x-request-id']);

const LETTER_X = 0x78;

/** Names that only the cluster itself may set: a client that could would speak with a manager's voice (T4). */
function isInternal(name: string): boolean {
  return name.charCodeAt(0) === LETTER_X && (name.startsWith('x-internal-') || name.startsWith('x-forwarded-'));
}

/**
 * The request headers for the node, as name, value, name, value: what the client sent, as Node's parser
 * understood it (one value a name, so that door and node can never read two different ones), without
 * hop-by-hop and internal headers, and with the door's own.
 * @param client address of the client's socket
 */
export function requestHeaders(headers: IncomingHttpHeaders, requestId: string, client: string | undefined): string[] {
  const out: string[] = ['x-request-id', requestId, 'x-forwarded-proto', 'http'];
  if (client !== undefined) out.push('x-forwarded-for', client);
  if (headers.host !== undefined) out.push('x-forwarded-host', headers.host);
  const named = connectionNamed(headers.connection);
  for (const name in headers) {
    if (REQUEST_DROPPED.has(name) || isInternal(name) || named?.includes(name) === true) continue;
    append(out, name, headers[name]);
  }
  return out;
}

/** The response headers for the client, as name, value, name, value. */
export function responseHeaders(headers: IncomingHttpHeaders, requestId: string): string[] {
  const out: string[] = ['x-request-id', requestId];
  const named = connectionNamed(headers.connection);
  for (const name in headers) {
    if (RESPONSE_DROPPED.has(name) || isInternal(name) || named?.includes(name) === true) continue;
    append(out, name, headers[name]);
  }
  return out;
}

/** Header names that `Connection` declares hop-by-hop; the usual two values name none. */
function connectionNamed(connection: string | undefined): string[] | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  return connection
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
}

function append(out: string[], name: string, value: string | string[] | undefined): void {
  if (value === undefined) return;
  if (typeof value === 'string') {
    out.push(name, value);
    return;
  }
  for (const one of value) out.push(name, one);
}
