import { randomInt, seededRng, type Rng } from '@mcp-cluster/kernel';
import { mutateBody } from './bodies.js';
import { pick, sample, type Sample } from './corpus.js';

/** Stands in a head for a session id of the cluster under test, which no seed can know. */
export const SESSION_PLACEHOLDER = '@session@';

/** What is sent over one connection. It depends on the seed and its index alone. */
export interface FuzzInput {
  readonly index: number;
  /** What was done, for a person. */
  readonly name: string;
  /** Request line and headers, each character a byte. */
  readonly head: string;
  readonly body: Buffer;
  /** The client goes away after so many bytes; Infinity: it waits for the answer. */
  readonly hangUpAt: number;
  /** It is good HTTP, so it must be answered, whatever it holds. */
  readonly deservesAnswer: boolean;
}

type Headers = [name: string, value: string][];

export function fuzzInput(seed: number, index: number): FuzzInput {
  const rng = seededRng((seed ^ Math.imul(index + 1, 0x9e37_79b1)) >>> 0);
  const kind = randomInt(rng, 100);
  if (kind < 4) return { index, ...garbage(rng) };
  const good = sample(rng);
  if (kind < 60) return { index, ...spoiledBody(rng, good) };
  if (kind < 80) return { index, ...spoiledHeaders(rng, good) };
  if (kind < 88) return { index, ...spoiledFraming(rng, good) };
  if (kind < 94) return { index, ...otherMethod(rng, good) };
  return { index, ...halfRequest(rng, good) };
}

type Made = Omit<FuzzInput, 'index'>;

/** Headers as a good client sends them with a message. */
function headersOf({ era, message }: Sample, body: Buffer): Headers {
  const headers: Headers = [
    ['Host', '127.0.0.1'],
    ['Connection', 'close'],
    ['Content-Type', 'application/json'],
    ['Accept', 'application/json, text/event-stream'],
    ['Content-Length', String(body.length)],
  ];
  if (era === 'session')
    return [...headers, ['MCP-Protocol-Version', '2025-11-25'], ['Mcp-Session-Id', SESSION_PLACEHOLDER]];
  const { name, uri, taskId } = message['params'] as { name?: string; uri?: string; taskId?: string };
  headers.push(['MCP-Protocol-Version', '2026-07-28'], ['Mcp-Method', message['method'] as string]);
  const target = name ?? uri ?? taskId;
  if (target !== undefined) headers.push(['Mcp-Name', target]);
  return headers;
}

function head(method: string, path: string, headers: Headers, version = 'HTTP/1.1'): string {
  return `${method} ${path} ${version}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

const answered = { hangUpAt: Infinity, deservesAnswer: true };
const asItMay = { hangUpAt: Infinity, deservesAnswer: false };

function spoiledBody(rng: Rng, good: Sample): Made {
  const { body, name } = mutateBody(rng, good.message);
  return { name: `body ${name}`, head: head('POST', '/mcp', headersOf(good, body)), body, ...answered };
}

const HEADER_NAMES = ['Content-Type', 'Accept', 'MCP-Protocol-Version', 'Mcp-Method', 'Mcp-Name', 'Mcp-Session-Id', 'Mcp-Param-Region', 'Origin', 'Host', 'X-Request-Id', 'Last-Event-ID', 'Content-Encoding', 'Expect', 'Cookie', 'Upgrade', 'Authorization', 'X-Forwarded-For', '__proto__', 'constructor']; // prettier-ignore
const HEADER_VALUES = ['', ' ', '0', 'null', '2026-07-28', '2025-03-26', '2025-11-25', '1999-01-01', 'application/json', 'text/event-stream', 'text/plain', '*/*', '*/*;q=0', ',,,', 'application/json; charset=utf-16', '=?base64?ZWNobw==?=', '=?base64?%%%?=', '=?base64??=', 'echo', 'tools/call', 'echo, echo', 'http://evil.example', 'evil.example', '[::1]', '100-continue', 'gzip', 'websocket', '\xff\xfe', 'x'.repeat(4_000), 'x'.repeat(20_000)]; // prettier-ignore

function spoiledHeaders(rng: Rng, good: Sample): Made {
  const body = Buffer.from(JSON.stringify(good.message));
  let headers = headersOf(good, body);
  for (let turn = randomInt(rng, 3); turn >= 0; turn -= 1) {
    const name = pick(rng, HEADER_NAMES);
    const same = (header: Headers[number]): boolean => header[0] === name;
    switch (randomInt(rng, 4)) {
      case 0:
        headers = headers.filter((header) => !same(header));
        break;
      case 1:
        headers = [...headers.filter((header) => !same(header)), [name, pick(rng, HEADER_VALUES)]];
        break;
      case 2:
        headers = [...headers, ...headers.filter(same)];
        break;
      default:
        headers = [[name.toUpperCase(), pick(rng, HEADER_VALUES)], ...headers];
    }
  }
  // Node answers an Expect that it does not know with 417, and headers of more than 16 KiB with 431: answers too.
  return { name: 'headers', head: head('POST', '/mcp', headers), body, ...answered };
}

/** Bodies in chunks, well made or not, and lengths that lie. */
function spoiledFraming(rng: Rng, good: Sample): Made {
  const content = Buffer.from(JSON.stringify(good.message));
  const headers = headersOf(good, content).filter(([name]) => name !== 'Content-Length');
  const made = (name: string, more: Headers, body: Buffer, fate = asItMay): Made => ({
    name: `framing ${name}`,
    head: head('POST', '/mcp', [...headers, ...more]),
    body,
    ...fate,
  });
  const chunked: Headers = [['Transfer-Encoding', 'chunked']];
  switch (randomInt(rng, 8)) {
    case 0:
      return made('many chunks', chunked, chunks(content, 1 + randomInt(rng, 20)), answered);
    case 1:
      return made('chunk extensions', chunked, chunks(content, 50, ';a=b;c="d"'), answered);
    case 2:
      return made('chunked and a length', [...chunked, ['Content-Length', '5']], chunks(content, 50));
    case 3:
      return made('a chunk size that is none', chunked, Buffer.concat([Buffer.from('zz\r\n'), content]));
    case 4:
      return made('a chunk size over all', chunked, Buffer.concat([Buffer.from('ffffffffffffffff1\r\n'), content]));
    case 5:
      return made('no last chunk', chunked, chunks(content, 50).subarray(0, -5));
    case 6:
      return made('a length too long', [['Content-Length', String(content.length + 10)]], content);
    default:
      return made(
        'a length that is none',
        [['Content-Length', pick(rng, ['-1', 'abc', '1e3', '5, 5', '99999999999999999999'])]],
        content,
      );
  }
}

function chunks(content: Buffer, size: number, extension = ''): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < content.length; at += size) {
    const part = content.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}${extension}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

function otherMethod(rng: Rng, good: Sample): Made {
  const method = pick(rng, ['GET', 'GET', 'GET', 'DELETE', 'PUT', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND']);
  const path = pick(rng, [
    '/mcp',
    '/mcp',
    '/mcp',
    '/mcp?a=b',
    '/',
    '/mcp/',
    '//mcp',
    '/mcp/../admin',
    '/%2e%2e/',
    '*',
    'http://evil/mcp',
  ]);
  const body = randomInt(rng, 3) === 0 ? Buffer.from(JSON.stringify(good.message)) : Buffer.alloc(0);
  return { name: `${method} ${path}`, head: head(method, path, headersOf(good, body)), body, ...answered };
}

/** Bytes that are no HTTP, or not quite. */
function garbage(rng: Rng): Made {
  const text = pick(rng, ['', '\r\n\r\n\r\n', 'GET /mcp', 'POST /mcp HTTP/1.1\r\n', 'POST /mcp HTTP/9.9\r\n\r\n', 'mcp\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '{"jsonrpc":"2.0","id":1,"method":"ping"}\n', 'POST /mcp HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n', 'POST /mcp HTTP/1.1\r\nHost : a\r\n\r\n', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n\r\n`]); // prettier-ignore
  return { name: 'garbage', head: text, body: rng.bytes(randomInt(rng, 300)), ...asItMay };
}

/** The client goes away in the middle. */
function halfRequest(rng: Rng, good: Sample): Made {
  const body = Buffer.from(JSON.stringify(good.message));
  const text = head('POST', '/mcp', headersOf(good, body));
  const hangUpAt = randomInt(rng, text.length + body.length + 1);
  return { name: 'half request', head: text, body, hangUpAt, deservesAnswer: false };
}
