import type { Draw } from './draw.js';
import { headOf, withFraming, type Header, type HttpShape } from './input.js';

/** Bytes for one connection, see FuzzInput. */
export interface Frames {
  readonly what: string;
  readonly pieces: readonly Buffer[];
  readonly demanded: number;
  readonly hangUp: boolean;
}

const CHUNKED: Header = ['Transfer-Encoding', 'chunked'];
/** What an attacker would like the node to take for a request of its own. */
const SMUGGLED = 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\nnull';
const OTHER_PROTOCOLS = [
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /mcp\r\n',
  '*1\r\n$4\r\nPING\r\n',
  '{"jsonrpc":"2.0","id":1,"method":"ping"}\n',
  '\r\n\r\n\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n\x81\x00',
];
const LENGTHS = ['-1', '+5', '5, 5', '5, 6', '0x10', '', '1e3', '99999999999999999999', '4294967296', ' 7', '7 8', '१'];
const ENCODINGS = ['xchunked', 'chunked, identity', 'identity', 'gzip, chunked', 'chunked, chunked', '\x0bchunked', 'CHUNKED', '"chunked"', ''];

const plain = (what: string, ...pieces: (string | Buffer)[]): Frames => ({
  what,
  pieces: pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)),
  demanded: 0,
  hangUp: false,
});

/** The request with the header added; its own Content-Length only where `length` does not say otherwise. */
function wire(shape: HttpShape, added: readonly Header[]): Buffer {
  return headOf(withFraming({ ...shape, headers: [...shape.headers, ...added] }));
}

/** Ways to send a request, most of them wrong. */
const KINDS: readonly ((draw: Draw, shape: HttpShape) => Frames)[] = [
  (draw) => plain('garbage', draw.bytes(draw.between(1, 2_000))),
  (draw) => plain('another protocol', draw.pick(OTHER_PROTOCOLS)),
  hangingUp,
  hangingUp,
  (draw, shape) => plain('odd length', wire(shape, [['Content-Length', draw.pick(LENGTHS)]]), shape.body),
  (draw, shape) => {
    const off = draw.pick([-20, -1, 1, 500, 10_000_000]);
    const length = String(Math.max(0, shape.body.length + off));
    return plain('lying length', wire(shape, [['Content-Length', length]]), shape.body, SMUGGLED);
  },
  (_draw, shape) => {
    const lengths: Header[] = [['Content-Length', String(shape.body.length)], ['Content-Length', '0']];
    return plain('two lengths', wire(shape, lengths), shape.body);
  },
  (draw, shape) => {
    const both: Header[] = [['Content-Length', String(shape.body.length)], CHUNKED];
    if (draw.chance(0.5)) both.reverse();
    return plain('length and chunks', wire(shape, both), `0\r\n\r\n${SMUGGLED}`);
  },
  (draw, shape) =>
    plain('odd encoding', wire(shape, [['Transfer-Encoding', draw.pick(ENCODINGS)]]), chunk(shape.body), `0\r\n\r\n${SMUGGLED}`),
  (draw, shape) => {
    const header = draw.pick(['Transfer-Encoding : chunked', 'Transfer-Encoding:\r\n chunked', 'Transfer-Encoding:\tchunked\r\nTransfer-Encoding: x', 'X: y\nTransfer-Encoding: chunked']);
    const head = wire(shape, [['Content-Length', '5']]).toString('latin1').replace('\r\n', `\r\n${header}\r\n`);
    return plain('hidden encoding', head, `0\r\n\r\n${SMUGGLED}`);
  },
  (draw, shape) => plain('broken chunks', wire(shape, [CHUNKED]), ...brokenChunks(draw, shape.body)),
  oddHead,
  oddHead,
  (draw, shape) => {
    // Every whole request is one that must be answered, however small the pieces are in which it comes.
    const pieces = [wire(shape, [CHUNKED, ['Connection', 'close']]), ...evenly(shape.body, draw.between(1, 6)).map(chunk), Buffer.from('0\r\n\r\n')];
    return { what: 'chunks', pieces, demanded: 1, hangUp: false };
  },
  (draw, shape) => {
    const whole = Buffer.concat([wire(shape, [['Connection', 'close']]), shape.body]);
    return { what: 'dribbled', pieces: evenly(whole, draw.between(2, 12)), demanded: 1, hangUp: false };
  },
  (draw, shape) => {
    const count = draw.between(2, 5);
    const one = Buffer.concat([wire(shape, []), shape.body]);
    return { what: 'pipelined', pieces: [Buffer.concat(Array.from({ length: count }, () => one))], demanded: count, hangUp: false };
  },
];

export function drawFrames(draw: Draw, shape: HttpShape): Frames {
  return draw.pick(KINDS)(draw, shape);
}

function hangingUp(draw: Draw, shape: HttpShape): Frames {
  const whole = Buffer.concat([wire(shape, []), shape.body]);
  return { ...plain('half, then gone', whole.subarray(0, draw.between(1, whole.length))), hangUp: true };
}

function oddHead(draw: Draw, shape: HttpShape): Frames {
  const head = wire(shape, []).toString('latin1');
  const [what, changed] = draw.pick<readonly [string, string]>([
    ['bare LF', head.replaceAll('\r\n', '\n')],
    ['bare CR', head.replaceAll('\r\n', '\r')],
    ['no Host', head.replace(/Host: .*\r\n/, '')],
    ['two Hosts', head.replace('Host: ', 'Host: evil.example\r\nHost: ')],
    ['version', head.replace('HTTP/1.1', draw.pick(['HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/9', 'http/1.1', 'HTTP/1.1 x']))],
    ['method', head.replace(/^\w+/, draw.pick(['post', 'P\0ST', '', ' POST', 'POST\t', 'A'.repeat(9_000), 'GET'])) ],
    ['target', head.replace('/mcp', draw.pick(['http://localhost/mcp', '//mcp', '/mcp#x', '/%6dcp', '/mcp\0', '*', '', '/mcp?'.padEnd(20_000, 'q')]))],
    ['NUL', head.replace(': ', ': \0')],
    ['space before colon', head.replace(': ', ' : ')],
    ['no colon', head.replace(': ', ' ')],
    ['folded', head.replace(': ', ':\r\n\t')],
    ['huge header', head.replace('\r\n', `\r\nX: ${'h'.repeat(70_000)}\r\n`)],
  ]);
  return plain(what, changed, shape.body);
}

function brokenChunks(draw: Draw, body: Buffer): (string | Buffer)[] {
  const size = body.length.toString(16);
  return draw.pick<(string | Buffer)[]>([
    [`-1\r\n`, body, '\r\n0\r\n\r\n'],
    ['ffffffffffffffff\r\n', body],
    ['fffffffffffffffff1\r\n', body],
    [`${size}\n`, body, '\n0\n\n'],
    [`${size} \r\n`, body, '\r\n0\r\n\r\n'],
    [`0x${size}\r\n`, body, '\r\n0\r\n\r\n'],
    [`${size};${'e'.repeat(20_000)}\r\n`, body, '\r\n0\r\n\r\n'],
    [`${size};a="\n";b\r\n`, body, '\r\n0\r\n\r\n'],
    [`${size}\r\n`, body, 'XX0\r\n\r\n'],
    [`${size}\r\n`, body, '\r\n0\r\nContent-Length: 3\r\nMcp-Method: tools/list\r\n\r\n'],
    [`${size}\r\n`, body, `\r\n0\r\nX: ${'t'.repeat(70_000)}\r\n\r\n`],
    [`${size}\r\n`, body.subarray(0, body.length >> 1)],
    [`000000000000${size}\r\n`, body, '\r\n00\r\n\r\n'],
    [`zz\r\n`, body],
    ['\r\n\r\n'],
    [`${size}\r\n`, body, `\r\n0\r\n\r\n${SMUGGLED}`],
  ]);
}

function chunk(bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes; // a chunk of nothing would be the end
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

function evenly(bytes: Buffer, count: number): Buffer[] {
  const size = Math.max(1, Math.ceil(bytes.length / count));
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_none, at) => bytes.subarray(at * size, (at + 1) * size));
}
