import type { ByteRange } from './byte-range.js';
import { FileError } from './file.errors.js';
import type { GuardedFile } from './guarded-file.js';
import { requireText, wholeCharacters } from './utf8-text.js';

/** S12. Large enough that reading is not the calls' overhead, small enough that a turn of it is far below a millisecond. */
export const CHUNK_BYTES = 65_536;

/** A piece of a file. The bytes are overwritten by the next one: copy what must stay. */
export interface FileChunk {
  readonly bytes: Buffer;
  /** Bytes of the file before this piece. */
  readonly position: number;
  /** Bytes of the file up to the end of this piece. */
  readonly end: number;
}

export interface ReadingOptions {
  /** Default: the file as long as it was when it was opened, however it grows. */
  readonly range?: ByteRange | undefined;
  /** Bytes a piece, at least 4; default 64 KB. */
  readonly chunkBytes?: number | undefined;
  /** The caller's word for the file, for errors. */
  readonly field: string;
}

/**
 * Reads a file piece by piece through one buffer: memory does not depend on its size. Take a breath between pieces.
 * @throws FileError `cut_short` when the file has become shorter
 */
export function readChunks(file: GuardedFile, options: ReadingOptions): AsyncGenerator<FileChunk, void, undefined> {
  return read(file, options, (bytes) => bytes.length);
}

/**
 * As readChunks, for text: a piece ends where a character ends, so that each can be decoded by itself. A file that
 * grew meanwhile may have been opened in the middle of a character: that one is left out.
 * @throws FileError `not_text` too
 */
export async function* readTextChunks(
  file: GuardedFile,
  options: ReadingOptions,
): AsyncGenerator<FileChunk, void, undefined> {
  for await (const chunk of read(file, options, (bytes) => wholeCharacters(bytes).length)) {
    requireText(chunk.bytes, chunk.position, options.field);
    yield chunk;
  }
}

/** @param take how many of the bytes make a piece; the others are read again with the next one */
async function* read(
  { handle, size }: GuardedFile,
  { range = { start: 0, end: size }, chunkBytes = CHUNK_BYTES, field }: ReadingOptions,
  take: (bytes: Buffer) => number,
): AsyncGenerator<FileChunk, void, undefined> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(chunkBytes, range.end - range.start));
  let position = range.start;
  while (position < range.end) {
    const wanted = Math.min(buffer.length, range.end - position);
    const { bytesRead } = await handle.read(buffer, 0, wanted, position);
    let taken = take(buffer.subarray(0, bytesRead));
    if (taken === 0) {
      if (bytesRead < wanted) throw cutShort(field, size, position + bytesRead);
      // Half a character and nothing after it: reading on would never end.
      if ((await handle.stat()).size > range.end) return;
      taken = bytesRead;
    }
    yield { bytes: buffer.subarray(0, taken), position, end: position + taken };
    position += taken;
  }
}

function cutShort(field: string, size: number, end: number): FileError {
  const detail = `it had ${size} bytes and ends after ${end}`;
  return new FileError('cut_short', `${field}: the file became shorter while it was read: ${detail}`);
}
