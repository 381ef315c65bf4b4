import { ToolError } from '@mcp-cluster/tools';
import { readDataset, type DatasetQuery } from '../dataset-reader.js';
import { cellAt, RowFault } from '../row.js';
import { CategoryColumn, NumericColumn, TextColumn, TimestampColumn } from './column-values.js';
import { findFault, type DatasetColumn } from './dataset-column.js';
import type { Fetched } from './fetch.stage.js';
import type { Advance, StageResult } from './stage-runner.js';
import type { Validated } from './validate.stage.js';

/** Numbers and categories that are held, and rows, at most: 96 MiB, with 12 bytes for a number and its score. */
const MAX_CELLS = 8_388_608;

/** Rows normalised between two turns for others: well below a millisecond a column. */
const CHUNK_ROWS = 65_536;

/** The accepted rows as columns of normalised values. */
export interface Transformed {
  readonly rows: number;
  readonly numeric: readonly NumericColumn[];
  readonly categories: readonly CategoryColumn[];
  readonly timestamps: readonly TimestampColumn[];
  readonly texts: readonly TextColumn[];
}

/**
 * Turns the accepted rows into columns: numbers with their z-scores, trimmed texts, UTC timestamps.
 * @throws ToolError for more values than may be held, or numbers whose spread no number can hold
 */
export async function transformRows(
  fetched: Fetched,
  { columns, accepted, rejected }: Validated,
  query: DatasetQuery,
  advance: Advance,
): Promise<StageResult<Transformed>> {
  const { numeric, categories, timestamps, texts } = makeColumns(columns, accepted, query.field);
  const holders = [...numeric, ...categories, ...timestamps, ...texts];
  const total = accepted + rejected;
  let rows = 0;
  let read = 0;
  for await (const batch of readDataset(fetched.chunks, query)) {
    for (const row of batch.rows) {
      if (row instanceof RowFault || (rejected > 0 && findFault(row, columns) !== undefined)) continue;
      for (const holder of holders) holder.take(cellAt(row, holder.column), rows);
      rows += 1;
    }
    read += batch.rows.length;
    await advance((0.8 * read) / total, `${String(read)} of ${String(total)} rows`);
  }
  await normalise(numeric, rows, query.field, advance);
  const scored = `${String(numeric.length)} numeric columns normalised`;
  const value = { rows, numeric, categories, timestamps, texts };
  return { value, detail: `${String(rows)} rows transformed, ${scored}` };
}

function makeColumns(columns: readonly DatasetColumn[], rows: number, field: string) {
  const of = (...kinds: DatasetColumn['kind'][]) => columns.filter(({ kind }) => kinds.includes(kind));
  const numbers = of('integer', 'number');
  const groups = of('category', 'boolean');
  const cells = Math.max(numbers.length + groups.length, 1) * rows;
  if (cells > MAX_CELLS)
    throw new ToolError(
      `${field}: expected at most ${String(MAX_CELLS)} values to hold (rows times columns of numbers and categories), got ${String(cells)}`,
    );
  return {
    numeric: numbers.map((column) => new NumericColumn(column, rows)),
    categories: groups.map((column) => new CategoryColumn(column, rows)),
    timestamps: of('timestamp').map((column) => new TimestampColumn(column)),
    texts: of('text').map((column) => new TextColumn(column)),
  };
}

async function normalise(
  numeric: readonly NumericColumn[],
  rows: number,
  field: string,
  advance: Advance,
): Promise<void> {
  for (const [index, column] of numeric.entries()) {
    if (!Number.isFinite(column.standardDeviation)) {
      const name = JSON.stringify(column.column.name);
      throw new ToolError(
        `${field}: expected numbers near enough to have a spread in column ${name}, got too large ones`,
      );
    }
    for (let start = 0; start < rows; start += CHUNK_ROWS) {
      const end = Math.min(start + CHUNK_ROWS, rows);
      column.normalise(start, end);
      const share = 0.8 + (0.2 * (index + end / rows)) / numeric.length;
      await advance(share, `${String(end)} of ${String(rows)} values of ${column.column.name} normalised`);
    }
  }
}
