import { preview } from '@mcp-cluster/protocol';
import { FileError } from './file.errors.js';

/** Bytes of a file, from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Both ends are included, as in HTTP's Range. 15 digits stay exact in a number. */
const QUERY = /^bytes=(\d{1,15})-(\d{1,15})$/;

/**
 * Reads what follows the `?` of a file's URI.
 * @param longest bytes that one range may have
 * @throws FileError `bad_range` naming `bytes`
 */
export function readByteRange(query: string, size: number, longest: number): ByteRange {
  const match = QUERY.exec(query);
  if (match === null) throw bad(`expected ?bytes=START-END, for example ?bytes=0-1023, got ${preview(`?${query}`)}`);
  const [first, last] = [Number(match[1]), Number(match[2])];
  if (first > last) throw bad(`expected START up to END, got ${first}-${last}`);
  if (last >= size)
    throw bad(
      size === 0 ? `the file is empty, got ${first}-${last}` : `expected END up to ${size - 1}, got ${first}-${last}`,
    );
  if (last - first >= longest) throw bad(`expected at most ${longest} bytes, got ${last - first + 1}`);
  return { start: first, end: last + 1 };
}

/** The query of a range that is not empty, without its `?`. */
export function byteQuery({ start, end }: ByteRange): string {
  return `bytes=${start}-${end - 1}`;
}

/**
 * Cuts a file into ranges of `length` bytes, the last one as small as it comes out. Of more than `most` the first
 * and the last ones: a reader wants the beginning and the newest, and the list stays short whatever the size.
 */
export function partsOf(size: number, length: number, most: number): ByteRange[] {
  const count = Math.ceil(size / length);
  const part = (index: number): ByteRange => ({ start: index * length, end: Math.min((index + 1) * length, size) });
  if (count <= most) return Array.from({ length: count }, (_, index) => part(index));
  const head = Math.floor(most / 2);
  return Array.from({ length: most }, (_, index) => part(index < head ? index : count - most + index));
}

function bad(detail: string): FileError {
  return new FileError('bad_range', `bytes: ${detail}`);
}
