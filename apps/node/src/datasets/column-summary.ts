import { ToolError } from '@mcp-cluster/tools';
import { readDataset, type DatasetFormat } from './dataset-reader.js';
import { parseDecimal } from './decimal.js';
import { cellAt, isFields, RowFault, shown, type Place, type Row, type RowBatch } from './row.js';
import { RunningStatistics, type Summary } from './running-statistics.js';
import type { ByteSource } from './text-blocks.js';

/** The argument that names the file. */
const FIELD = 'file';

/** Column names shown in an error: enough to find the right one, too few to flood the answer. */
const MAX_NAMES = 20;

export interface ColumnSummary extends Summary {
  /** Its name in the header of a CSV, its key in an NDJSON. */
  column: string;
  /** NDJSON rows without the key, or with null. A CSV row always has the field; an empty one is an error. */
  missing: number;
}

export interface ColumnQuery {
  readonly format: DatasetFormat;
  /** Default: the first column whose value in the first row is a number. */
  readonly column?: string | undefined;
  /** Rows between two calls of `afterChunk`. */
  readonly chunkSize: number;
}

/** Each may throw to stop the reading. */
export interface ReadingListener {
  /** Where the reading is: bytes from the beginning of the file, rows without the header. */
  readonly afterChunk: (bytes: number, rows: number) => void | Promise<void>;
  /** After each block read from the file, however large the chunks are. */
  readonly afterBlock?: () => void | Promise<void>;
}

/**
 * Reads a CSV or NDJSON file once, in constant memory, and summarises one of its columns.
 * @param source UTF-8; a stream is destroyed in the end
 * @throws ToolError naming `file` and the line, or `column`: a ragged row, a value that is no number, no rows
 */
export async function summariseColumn(
  source: ByteSource,
  query: ColumnQuery,
  listener: ReadingListener,
): Promise<ColumnSummary> {
  const statistics = new RunningStatistics();
  let column: ChosenColumn | undefined;
  let header: readonly string[] | undefined;
  let rows = 0;
  let missing = 0;
  for await (const batch of readDataset(source, { format: query.format, field: FIELD })) {
    header = batch.header;
    for (const [index, row] of batch.rows.entries()) {
      if (row instanceof RowFault) throw row.toError(FIELD, batch.lines[index] ?? 0);
      column ??= new ChosenColumn(header, row, query.column);
      const value = column.read(row, batch, index);
      if (value === undefined) missing += 1;
      else statistics.add(value);
      rows += 1;
      if (rows % query.chunkSize === 0) await listener.afterChunk(batch.ends[index] ?? 0, rows);
    }
    await listener.afterBlock?.();
  }
  if (column === undefined) throw nothing(query.format, header);
  if (missing === rows) throw column.refuse();
  return { column: column.place.name, missing, ...statistics.summary() };
}

/** The column that the values are taken from, chosen when the first row is there. */
class ChosenColumn {
  readonly place: Place;
  private readonly names: readonly string[];

  constructor(header: readonly string[] | undefined, first: Row, wanted: string | undefined) {
    this.names = header ?? Object.keys(first);
    this.place = wanted === undefined ? this.firstNumeric(first) : { name: wanted, index: this.names.indexOf(wanted) };
    // A CSV says what columns there are; a key of an NDJSON may come later than in the first row.
    if (header !== undefined && this.place.index === -1) throw this.refuse();
  }

  /** The row's number; undefined if the row has none. */
  read(row: Row, batch: RowBatch, index: number): number | undefined {
    const cell = cellAt(row, this.place);
    if ((cell === undefined || cell === null) && !isFields(row)) return undefined;
    const value = numberOf(cell, isFields(row));
    if (value !== undefined) return value;
    const expected = `a number in column ${JSON.stringify(this.place.name)}`;
    throw new RowFault(expected, shown(cell)).toError(FIELD, batch.lines[index] ?? 0);
  }

  refuse(): ToolError {
    const names = this.names.slice(0, MAX_NAMES).map((name) => shown(name));
    const more = this.names.length > MAX_NAMES ? ', …' : '';
    return new ToolError(`column: expected one of ${names.join(', ')}${more}, got ${shown(this.place.name)}`);
  }

  private firstNumeric(first: Row): Place {
    for (const [index, name] of this.names.entries()) {
      if (numberOf(cellAt(first, { name, index }), isFields(first)) !== undefined) return { name, index };
    }
    throw new ToolError('column: expected a column of numbers, got none in the first row');
  }
}

/** A CSV has texts of numbers, an NDJSON has numbers: a text there is none, whatever its digits. */
function numberOf(cell: unknown, inText: boolean): number | undefined {
  if (typeof cell === 'number' && Number.isFinite(cell)) return cell;
  return inText && typeof cell === 'string' ? parseDecimal(cell) : undefined;
}

function nothing(format: DatasetFormat, header: readonly string[] | undefined): ToolError {
  if (format === 'ndjson') return new ToolError('file: expected rows, got none');
  return header === undefined
    ? new ToolError('file: expected a header line and rows, got an empty file')
    : new ToolError('file: expected rows below the header line, got none');
}
