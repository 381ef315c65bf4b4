import { extname } from 'node:path';
import { CsvRows } from './csv-rows.js';
import { NdjsonRows } from './ndjson-rows.js';
import type { RowBatch } from './row.js';
import type { RowParser } from './row-parser.js';
import { readText, type ByteSource } from './text-blocks.js';

export type DatasetFormat = 'csv' | 'ndjson';

/** The endings of files that hold rows, with their dot. */
export const DATASET_EXTENSIONS = ['.csv', '.ndjson', '.jsonl'] as const;

export interface DatasetQuery {
  readonly format: DatasetFormat;
  /** The argument that named the file, for errors. */
  readonly field: string;
}

/** By the ending of a name that `DATASET_EXTENSIONS` admits. */
export function formatOf(name: string): DatasetFormat {
  return extname(name).toLowerCase() === '.csv' ? 'csv' : 'ndjson';
}

/**
 * Reads a file of any size in constant memory: one block and one unfinished row at a time, and no block is read
 * before the batch of the last one was used. A wrong row is a fault in its place, so that the reader may go on.
 * @param source UTF-8, with or without a byte order mark; a stream is destroyed in the end
 * @throws ToolError naming field and line, for what leaves nothing to go on from: no UTF-8, a NUL byte, a wrong
 *   quote, a row of more than 1 MiB
 */
export async function* readDataset(
  source: ByteSource,
  { format, field }: DatasetQuery,
): AsyncGenerator<RowBatch, void, undefined> {
  const parser: RowParser = format === 'csv' ? new CsvRows(field) : new NdjsonRows(field);
  for await (const block of readText(source)) {
    yield parser.feed(block);
    if (block.fault !== undefined) throw block.fault.toError(field, parser.line);
  }
  yield parser.end();
}
