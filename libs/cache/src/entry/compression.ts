import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { corrupt } from '../serialiser/serialiser.errors.js';

/** In this order they are numbered in what is kept: only ever append. */
export const COMPRESSIONS = ['none', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

export interface Compressed {
  readonly compression: Compression;
  readonly bytes: Uint8Array;
}

/**
 * Below, it is not tried: some 20 µs to write and 15 to read each time, whatever the size, for at most a few hundred bytes
 * that are as many as an entry's head has (docs/benchmarks/entries.md).
 */
const COMPRESS_FROM = 1_024;

/** What it must save of the bytes: less is not worth what reading costs. */
const LEAST_GAIN = 1 / 8;

/** Up to here it is done at once: a quarter of a millisecond of the event loop. Larger ones go to the thread pool. */
const AT_ONCE_BYTES = 128 * 1024;

/**
 * zstd at level 1, by measurement on the answers of our own tools (docs/benchmarks/entries.md): lz4 and snappy are faster, leave
 * nearly twice the bytes, and are native packages; brotli and deflate at its speed leave more; what higher levels save
 * besides, an eighth, takes five times as long.
 */
const WRITE = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** 8 MiB, the largest value: a frame that asks for more memory than that is none of ours. */
const READ = { params: { [constants.ZSTD_d_windowLogMax]: 23 } };

const compressAside = promisify(zstdCompress);
const decompressAside = promisify(zstdDecompress);

/** Makes bytes smaller, where that is worth it. */
export function compress(bytes: Uint8Array): Compressed | Promise<Compressed> {
  if (bytes.length < COMPRESS_FROM) return { compression: 'none', bytes };
  if (bytes.length <= AT_ONCE_BYTES) return better(bytes, zstdCompressSync(bytes, WRITE));
  return compressAside(bytes, WRITE).then((smaller) => better(bytes, smaller));
}

function better(bytes: Uint8Array, smaller: Uint8Array): Compressed {
  const gains = smaller.length <= bytes.length * (1 - LEAST_GAIN);
  return gains ? { compression: 'zstd', bytes: smaller } : { compression: 'none', bytes };
}

/**
 * The bytes that were given to `compress`.
 * @param length how many they are; never more are made
 * @throws LocalError `cache_corrupt`, also as a rejection, if it is not so
 */
export function decompress({ compression, bytes }: Compressed, length: number): Uint8Array | Promise<Uint8Array> {
  if (compression === 'none') return checked(bytes, length);
  const options = { ...READ, maxOutputLength: length };
  if (length > AT_ONCE_BYTES) return decompressAside(bytes, options).then((larger) => checked(larger, length), refuse);
  try {
    return checked(zstdDecompressSync(bytes, options), length);
  } catch (thrown) {
    return refuse(thrown);
  }
}

function checked(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw corrupt('a value of another length than it had');
  return bytes;
}

function refuse(thrown: unknown): never {
  throw corrupt('bytes that were not compressed like this', thrown);
}
