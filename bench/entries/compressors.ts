import * as zlib from 'node:zlib';
import { lz4, snappy } from './peers.ts';
import type { Sample } from './samples.ts';
import { microsecondsOf } from './timing.ts';

export interface CompressorRun {
  readonly compressor: string;
  readonly sample: string;
  readonly bytes: number;
  /** Bytes before, by bytes after. */
  readonly ratio: number;
  readonly inMicros: number;
  readonly outMicros: number;
}

interface Compressor {
  readonly name: string;
  readonly compress: (bytes: Buffer) => Buffer;
  readonly decompress: (bytes: Buffer) => Buffer;
}

const zstd = (level: number): Compressor => ({
  name: `zstd ${String(level)}`,
  compress: (bytes) => zlib.zstdCompressSync(bytes, { params: { [zlib.constants.ZSTD_c_compressionLevel]: level } }),
  decompress: (bytes) => zlib.zstdDecompressSync(bytes),
});
const brotli = (quality: number): Compressor => ({
  name: `brotli ${String(quality)}`,
  compress: (bytes) => zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: quality } }),
  decompress: (bytes) => zlib.brotliDecompressSync(bytes),
});
const deflate = (level: number): Compressor => ({
  name: `deflate ${String(level)}`,
  compress: (bytes) => zlib.deflateRawSync(bytes, { level }),
  decompress: (bytes) => zlib.inflateRawSync(bytes),
});

/** The candidates, those of Node and those that are installed. */
export function compressors(): Compressor[] {
  const all = [zstd(1), zstd(3), zstd(6), brotli(1), brotli(4), deflate(1), deflate(6)];
  for (const [name, library] of [['lz4', lz4], ['snappy', snappy]] as const) // prettier-ignore
    if (library !== undefined)
      all.push({ name, compress: (bytes) => library.compressSync(bytes), decompress: (bytes) => library.uncompressSync(bytes) }); // prettier-ignore
  return all;
}

/** Every compressor on every sample. */
export async function measureCompressors(samples: readonly Sample[]): Promise<CompressorRun[]> {
  const runs: CompressorRun[] = [];
  for (const { name: sample, text } of samples) {
    const bytes = Buffer.from(text);
    for (const { name, compress, decompress } of compressors()) {
      const smaller = compress(bytes);
      if (!decompress(smaller).equals(bytes)) throw new Error(`${name}: other bytes came back`);
      runs.push({
        compressor: name,
        sample,
        bytes: bytes.length,
        ratio: bytes.length / smaller.length,
        inMicros: await microsecondsOf(() => compress(bytes)),
        outMicros: await microsecondsOf(() => decompress(smaller)),
      });
    }
  }
  return runs;
}
