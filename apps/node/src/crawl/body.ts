import type { IncomingHttpHeaders } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CrawlError } from './crawl.errors.js';
import type { Answer } from './site-reader.js';

/** Bytes at the beginning of a page in which its charset is looked for, as browsers do. */
const PRESCAN_BYTES = 1_024;

const META_CHARSET = /<meta[^>]{1,200}charset\s*=\s*["']?\s*([\w:.-]{1,40})/i;

/** The media type of an answer, lower case, without parameters; empty when there is none. */
export function mediaType(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** The charset that an answer says it has. */
export function charsetOf(headers: IncomingHttpHeaders): string | undefined {
  return /;\s*charset\s*=\s*"?([^\s;"]{1,40})/i.exec(headers['content-type'] ?? '')?.[1];
}

/** The body without its content encoding. We ask for none; some send gzip all the same. */
export function decompressed({ body, headers }: Pick<Answer, 'body' | 'headers'>): Readable {
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === '' || encoding === 'identity') return body;
  if (encoding === 'gzip' || encoding === 'x-gzip') return gunzipped(body);
  throw new CrawlError('crawl.broken', 'the answer has a content encoding that was not asked for');
}

/** A file that may be gzip by itself, such as sitemap.xml.gz: told by its first bytes, since types are often wrong. */
export async function* unpacked(source: Readable): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const first = await chunks.next();
  if (first.done === true) return;
  const whole = prepend(first.value, chunks);
  yield* first.value[0] === 0x1f && first.value[1] === 0x8b
    ? (gunzipped(Readable.from(whole)) as AsyncIterable<Uint8Array>)
    : whole;
}

async function* prepend(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** Unpacks as it is read, so what a small file can grow to is up to the reader's bound. */
function gunzipped(source: Readable): Readable {
  // The callback is where the pipeline's failure goes; the reader sees it as the failure of the stream.
  return pipeline(source, createGunzip(), () => undefined);
}

/** A body read up to a bound. */
export interface BoundedBytes {
  chunks(): AsyncGenerator<Uint8Array>;
  /** Bytes so far. */
  readonly size: number;
  /** Whether there were more than the bound. */
  readonly truncated: boolean;
}

export function boundedBytes(source: AsyncIterable<Uint8Array>, maxBytes: number): BoundedBytes {
  const body = {
    size: 0,
    truncated: false,
    async *chunks(): AsyncGenerator<Uint8Array> {
      for await (const chunk of source) {
        const room = maxBytes - body.size;
        body.truncated = chunk.length > room;
        body.size += Math.min(chunk.length, room);
        yield body.truncated ? chunk.subarray(0, room) : chunk;
        if (body.truncated) return;
      }
    },
  };
  return body;
}

/** Reads to the end (or the bound), for the size alone. */
export async function drain(body: BoundedBytes): Promise<void> {
  for await (const _chunk of body.chunks());
}

/**
 * Bytes as text. A byte order mark wins over the header's charset, that over the page's own word; else UTF-8.
 * @param charset of the header
 * @param prescan also look for `<meta charset>`
 */
export async function* decodeText(
  chunks: AsyncIterable<Uint8Array>,
  charset: string | undefined,
  prescan = false,
): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  for await (const chunk of chunks) {
    decoder ??= decoderFor(byteOrderMark(chunk) ?? charset ?? (prescan ? metaCharset(chunk) : undefined));
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder?.decode() ?? '';
}

function byteOrderMark([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return undefined;
}

/** A page whose `<meta>` can be read as ASCII is not UTF-16, whatever it says. */
function metaCharset(chunk: Uint8Array): string | undefined {
  const label = META_CHARSET.exec(Buffer.from(chunk.subarray(0, PRESCAN_BYTES)).toString('latin1'))?.[1];
  return label?.toLowerCase().startsWith('utf-16') === true ? undefined : label;
}

function decoderFor(label = 'utf-8'): TextDecoder {
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder('utf-8');
  }
}
