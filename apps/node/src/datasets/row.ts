import { ToolError } from '@mcp-cluster/tools';

/** The longest row, in characters: an unclosed quote or a file without line ends is not read into memory whole. */
export const MAX_ROW_LENGTH = 1_048_576;

/** Characters of a foreign value shown in an error. */
const SHOWN = 80;

/** A row of a CSV (its fields in order) or of an NDJSON (an object). */
export type Row = readonly string[] | Readonly<Record<string, unknown>>;

/** What is wrong with one row or with the text at one place. */
export class RowFault {
  constructor(
    readonly expected: string,
    readonly got: string,
  ) {}

  /** @param field the argument that named the file */
  toError(field: string, line: number, cause?: unknown): ToolError {
    const message = `${field}: line ${String(line)}: expected ${this.expected}, got ${this.got}`;
    return new ToolError(message, cause === undefined ? undefined : { cause });
  }
}

export const ROW_TOO_LONG = new RowFault('a row of at most 1 MiB', 'a longer one');

/** The rows that one block of the file completed. The three lists run in step. */
export interface RowBatch {
  /** The column names of a CSV, once they were read. */
  readonly header: readonly string[] | undefined;
  readonly rows: (Row | RowFault)[];
  /** The line that each row ends on, from 1. */
  readonly lines: number[];
  /** The byte after each row. */
  readonly ends: number[];
}

/** Where a value is in a row: by position in a CSV, by name in an NDJSON. */
export interface Place {
  readonly name: string;
  readonly index: number;
}

/** The value at a place; undefined when the row has none. A key such as `constructor` is looked up in the row alone. */
export function cellAt(row: Row, { name, index }: Place): unknown {
  if (isFields(row)) return row[index];
  return Object.hasOwn(row, name) ? row[name] : undefined;
}

export function isFields(row: Row): row is readonly string[] {
  return Array.isArray(row);
}

/** A value as an error shows it: its JSON, cut. */
export function shown(value: unknown): string {
  const short = typeof value === 'string' ? value.slice(0, SHOWN) : value;
  const json = (JSON.stringify(short) as string | undefined) ?? 'nothing';
  return json.length > SHOWN * 2 ? `${json.slice(0, SHOWN)}…` : json;
}

/** Fields as they stand in the file, the header among them. The lists run in step. */
export interface CsvRecords {
  readonly records: string[][];
  readonly lines: number[];
  readonly ends: number[];
}
