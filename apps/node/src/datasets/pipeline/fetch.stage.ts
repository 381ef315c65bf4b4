import { ToolError } from '@mcp-cluster/tools';
import { createHash } from 'node:crypto';
import type { ByteSource } from '../text-blocks.js';
import { Utf8Check, type CheckedBytes } from '../utf8-check.js';
import type { Advance, StageResult } from './stage-runner.js';

/** The file is held in memory while it is worked on: 64 MiB, and as much again in columns. */
export const MAX_FETCH_BYTES = 67_108_864;

const LINE_FEED = 0x0a;

/** A file as it was read, checked to be UTF-8. */
export interface Fetched {
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly checksum: string;
}

export interface FileToFetch {
  /** A stream is destroyed in the end. */
  readonly source: ByteSource;
  /** Bytes, as the file system says. */
  readonly size: number;
  /** The argument that named the file, for errors. */
  readonly field: string;
}

/** Reads the file into memory, chunk by chunk, while its checksum is taken and its encoding is checked. */
export async function fetchFile(file: FileToFetch, advance: Advance): Promise<StageResult<Fetched>> {
  const { field, size } = file;
  requireBounded(field, size);
  const hash = createHash('sha256');
  const check = new Utf8Check();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let lines = 0;
  for await (const chunk of file.source) {
    const checked = check.take(chunk);
    lines += countLineFeeds(checked);
    if (checked.fault !== undefined) throw checked.fault.toError(field, lines + 1);
    bytes += chunk.byteLength;
    requireBounded(field, bytes);
    hash.update(chunk);
    chunks.push(chunk);
    await advance(bytes / Math.max(size, bytes), `${String(bytes)} of ${String(Math.max(size, bytes))} bytes`);
  }
  const fault = check.end();
  if (fault !== undefined) throw fault.toError(field, lines + 1);
  if (bytes === 0) throw new ToolError(`${field}: expected rows, got an empty file`);
  const checksum = hash.digest('hex');
  return { value: { chunks, bytes, checksum }, detail: `${String(bytes)} bytes read, SHA-256 ${checksum}` };
}

function requireBounded(field: string, bytes: number): void {
  if (bytes <= MAX_FETCH_BYTES) return;
  const bound = `a file of at most ${String(MAX_FETCH_BYTES)} bytes (64 MiB)`;
  throw new ToolError(`${field}: expected ${bound}, got ${String(bytes)} bytes`);
}

function countLineFeeds({ bytes }: CheckedBytes): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) count += 1;
  return count;
}
