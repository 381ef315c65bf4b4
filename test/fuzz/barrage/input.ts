export type Header = readonly [name: string, value: string];

/** A request that Node's client can send: its framing is right whatever it says. */
export interface HttpShape {
  readonly method: string;
  readonly path: string;
  /** Without Host and Content-Length, unless they are what is fuzzed: `withFraming` adds what is missing. */
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

interface Common {
  readonly index: number;
  /** What was done to a valid message, for a reader of the report. */
  readonly what: string;
}

/** One fuzzed input. It may hold session places, see session-places.ts. */
export type FuzzInput = Common &
  (
    | ({ readonly via: 'http' } & HttpShape)
    | {
        readonly via: 'raw';
        /** Written one after the other, with a moment between them. */
        readonly pieces: readonly Buffer[];
        /** Whole and correct requests of HTTP/1.1: each must be answered. 0 when no answer can be demanded. */
        readonly demanded: number;
        /** Close the connection as soon as everything is written. */
        readonly hangUp: boolean;
      }
  );

/** Characters of an input in a report: more would bury the reader. */
const MAX_SHOWN = 1500;

/** An input as text, escaped and cut. */
export function show(input: FuzzInput): string {
  const bytes =
    input.via === 'raw' ? Buffer.concat(input.pieces) : Buffer.concat([headOf(withFraming(input)), input.body]);
  const text = escape(bytes.subarray(0, MAX_SHOWN));
  const cut = bytes.length > MAX_SHOWN || text.length > MAX_SHOWN ? `… (${String(bytes.length)} bytes)` : '';
  return `#${String(input.index)} ${input.via} [${input.what}] ${text.slice(0, MAX_SHOWN)}${cut}`;
}

/** The shape with the Host and Content-Length that make it one HTTP message. */
export function withFraming(shape: HttpShape, host = 'localhost'): HttpShape {
  const has = (name: string): boolean => shape.headers.some(([one]) => one.toLowerCase() === name);
  const headers = [...shape.headers];
  if (!has('host')) headers.unshift(['Host', host]);
  if (!has('content-length') && !has('transfer-encoding') && (shape.body.length > 0 || shape.method === 'POST'))
    headers.push(['Content-Length', String(shape.body.length)]);
  return { ...shape, headers };
}

/** Request line and headers as they are on the wire. */
export function headOf({ method, path, headers }: HttpShape): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function escape(bytes: Buffer): string {
  return [...bytes]
    .map((byte) => {
      if (byte === 0x0d) return '\\r';
      if (byte === 0x0a) return '\\n';
      return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}
