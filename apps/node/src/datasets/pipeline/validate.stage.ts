import { ToolError } from '@mcp-cluster/tools';
import { readDataset, type DatasetQuery } from '../dataset-reader.js';
import { cellAt, isFields, RowFault, shown, type Row, type RowBatch } from '../row.js';
import { DatasetColumn, findFault } from './dataset-column.js';
import type { Fetched } from './fetch.stage.js';
import type { Advance, StageResult } from './stage-runner.js';

/** Problems that are kept to be shown; all are counted. */
export const MAX_PROBLEMS = 20;

/** A wider table is answered with numbers that nobody reads, and costs memory for each column. */
export const MAX_COLUMNS = 100;

const MAX_NAME_LENGTH = 200;

export interface Validated {
  readonly columns: readonly DatasetColumn[];
  readonly accepted: number;
  readonly rejected: number;
}

/**
 * Finds out what each column is (integer, number, boolean, timestamp, category, text), then checks every row by it.
 * The file is parsed twice, and once more by the next stage: parsed rows would take ten times its bytes.
 * @param problems gets a line for each of the first wrong rows; filled also when the stage fails
 * @throws ToolError when more than half of the rows are wrong, or nothing can be read
 */
export async function validateRows(
  fetched: Fetched,
  query: DatasetQuery,
  problems: string[],
  advance: Advance,
): Promise<StageResult<Validated>> {
  const { field } = query;
  const columns = await inferColumns(fetched, query, advance);
  const total = String(fetched.bytes);
  let accepted = 0;
  let rejected = 0;
  for await (const batch of readDataset(fetched.chunks, query)) {
    for (const [index, row] of batch.rows.entries()) {
      const fault = row instanceof RowFault ? row : findFault(row, columns);
      if (fault === undefined) {
        for (const column of columns) column.take(cellAt(row as Row, column));
        accepted += 1;
        continue;
      }
      rejected += 1;
      const line = batch.lines[index] ?? 0;
      if (problems.length < MAX_PROBLEMS) problems.push(problem(line, fault));
    }
    const done = batch.ends.at(-1) ?? 0;
    await advance(0.5 + done / fetched.bytes / 2, `rows checked in ${String(done)} of ${total} bytes`);
  }
  requireMostlyRight(field, accepted, rejected, problems);
  for (const column of columns) column.settle();
  const wrong = rejected === 0 ? '' : `, ${String(rejected)} rejected`;
  const detail = `${String(accepted)} rows of ${String(columns.length)} columns accepted${wrong}`;
  return { value: { columns, accepted, rejected }, detail };
}

async function inferColumns(fetched: Fetched, query: DatasetQuery, advance: Advance): Promise<DatasetColumn[]> {
  const columns = new Map<string, DatasetColumn>();
  for await (const batch of readDataset(fetched.chunks, query)) {
    if (columns.size === 0 && batch.header !== undefined) readHeader(batch.header, columns, query.field);
    for (const [index, row] of batch.rows.entries()) {
      if (row instanceof RowFault) continue;
      if (!isFields(row)) addKeys(row, columns, query.field, batch, index);
      const inText = isFields(row);
      for (const column of columns.values()) column.count(cellAt(row, column), inText);
    }
    const done = batch.ends.at(-1) ?? 0;
    const message = `types inferred from ${String(done)} of ${String(fetched.bytes)} bytes`;
    await advance(done / fetched.bytes / 2, message);
  }
  for (const column of columns.values()) column.decide();
  return [...columns.values()];
}

/** A column without a name, as some programs write for row numbers, is called by its position. */
function readHeader(header: readonly string[], columns: Map<string, DatasetColumn>, field: string): void {
  for (const [index, title] of header.entries()) {
    const name = title === '' ? `column ${String(index + 1)}` : title;
    if (columns.has(name)) throw new RowFault('different column names', `${shown(name)} twice`).toError(field, 1);
    addColumn(name, index, columns, field, 1);
  }
}

function addKeys(
  row: Readonly<Record<string, unknown>>,
  columns: Map<string, DatasetColumn>,
  field: string,
  batch: RowBatch,
  index: number,
): void {
  for (const name of Object.keys(row)) {
    if (!columns.has(name)) addColumn(name, columns.size, columns, field, batch.lines[index] ?? 0);
  }
}

function addColumn(
  name: string,
  index: number,
  columns: Map<string, DatasetColumn>,
  field: string,
  line: number,
): void {
  if (name.length > MAX_NAME_LENGTH)
    throw new RowFault(`column names of at most ${String(MAX_NAME_LENGTH)} characters`, shown(name)).toError(
      field,
      line,
    );
  if (columns.size === MAX_COLUMNS)
    throw new RowFault(`at most ${String(MAX_COLUMNS)} different columns`, 'more').toError(field, line);
  // Copied: the name would keep the block that it was cut from.
  const copy = Buffer.from(name).toString();
  columns.set(copy, new DatasetColumn(copy, index));
}

function requireMostlyRight(field: string, accepted: number, rejected: number, problems: readonly string[]): void {
  if (accepted + rejected === 0) throw new ToolError(`${field}: expected rows, got none`);
  if (rejected <= accepted) return;
  const got = `${String(rejected)} wrong rows of ${String(accepted + rejected)}`;
  throw new ToolError(
    `${field}: expected at least half of the rows to be right, got ${got}; first: ${problems[0] ?? ''}`,
  );
}

function problem(line: number, { expected, got }: RowFault): string {
  return `line ${String(line)}: expected ${expected}, got ${got}`;
}
