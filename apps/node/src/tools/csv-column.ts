import { asError } from '@mcp-cluster/kernel';
import { ToolError } from '@mcp-cluster/tools';
import { CsvError, parse } from 'csv-parse';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RunningStatistics, type Summary } from './running-statistics.js';

/** A quote that is never closed would otherwise be read into memory to the end of the file. */
const MAX_RECORD_BYTES = 1_048_576;

/** Header names shown in an error: enough to find the right one, too few to flood the answer. */
const MAX_NAMES = 20;

/** A decimal number; what `Number` takes besides (nothing, hexadecimal, `Infinity`) is no measurement. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

export interface ColumnSummary extends Summary {
  /** The name in the header. */
  column: string;
}

/** Where the reading is: bytes from the beginning of the file, rows without the header. */
export type ChunkListener = (bytes: number, rows: number) => void | Promise<void>;

export interface ColumnQuery {
  /** A name of the header; default: the first column whose first value is a number. */
  column?: string | undefined;
  /** Rows between two calls of the listener. */
  chunkSize: number;
}

interface Parsed {
  record: string[];
  info: { lines: number; bytes: number };
}

/**
 * Reads a CSV once, in constant memory, and summarises one of its columns.
 * @param source UTF-8 with a header line; it is destroyed in the end
 * @param afterChunk may throw to stop the reading
 * @throws ToolError naming `file` and the line, or `column`: a ragged row, a value that is no number, no rows
 */
export async function summariseColumn(
  source: Readable,
  query: ColumnQuery,
  afterChunk: ChunkListener,
): Promise<ColumnSummary> {
  const statistics = new RunningStatistics();
  let header: string[] | undefined;
  let column: number | undefined;
  let rows = 0;
  const parser = parse({ bom: true, info: true, skip_empty_lines: true, max_record_size: MAX_RECORD_BYTES });
  await pipeline(source, parser, async (parsed: AsyncIterable<Parsed>) => {
    for await (const { record, info } of parsed) {
      if (header === undefined) {
        header = record.map((name) => name.trim());
        continue;
      }
      column ??= chooseColumn(header, record, query.column);
      statistics.add(readNumber(record[column], header[column], info.lines));
      rows += 1;
      if (rows % query.chunkSize === 0) await afterChunk(info.bytes, rows);
    }
  }).catch((thrown: unknown) => {
    throw thrown instanceof CsvError ? new ToolError(`file: ${asError(thrown).message}`, { cause: thrown }) : thrown;
  });
  if (header === undefined) throw new ToolError('file: expected a header line and rows, got an empty file');
  if (column === undefined) throw new ToolError('file: expected rows below the header line, got none');
  return { column: header[column] ?? '', ...statistics.summary() };
}

function chooseColumn(header: string[], first: string[], wanted: string | undefined): number {
  if (wanted === undefined) {
    const numeric = first.findIndex(isNumber);
    if (numeric === -1) throw new ToolError('column: expected a column of numbers, got none in the first row');
    return numeric;
  }
  const index = header.indexOf(wanted);
  if (index === -1) {
    const names = header.slice(0, MAX_NAMES).map((name) => JSON.stringify(name));
    const more = header.length > MAX_NAMES ? ', …' : '';
    throw new ToolError(`column: expected one of ${names.join(', ')}${more}, got ${JSON.stringify(wanted)}`);
  }
  return index;
}

function readNumber(value = '', column = '', line: number): number {
  if (isNumber(value)) return Number(value);
  throw new ToolError(
    `file: line ${String(line)}: expected a number in column ${JSON.stringify(column)}, got ${JSON.stringify(value.slice(0, 80))}`,
  );
}

/** Also false for numbers too large to be held, such as 1e999. */
function isNumber(value: string): boolean {
  return NUMBER.test(value.trim()) && Number.isFinite(Number(value));
}
