import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { DataFile } from './data-file.js';
import { writeWhole } from './whole-file.js';

export interface GzipOptions {
  readonly folder: string;
  /** What the compressed file is called. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Called with the bytes read so far. */
  readonly onRead: (bytes: number) => void;
}

/**
 * Compresses an open file into another one.
 * @returns bytes of the compressed file
 */
export function gzipFile(file: DataFile, { folder, name, signal, onRead }: GzipOptions): Promise<number> {
  async function* measured(source: AsyncIterable<Buffer>) {
    let bytes = 0;
    for await (const chunk of source) {
      onRead((bytes += chunk.length));
      yield chunk;
    }
  }
  return writeWhole(folder, name, signal, (part) =>
    pipeline(file.handle.createReadStream(), measured, createGzip(), part, { signal }),
  );
}
