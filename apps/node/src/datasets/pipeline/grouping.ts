import { NO_CATEGORY, type CategoryColumn } from './column-values.js';

/** The rows of one group: a slice of the order. */
export interface Group {
  /** The group's label; null of the rows without one, or of all rows where nothing groups them. */
  readonly key: string | null;
  readonly start: number;
  readonly end: number;
}

export interface Grouping {
  /** The column that groups; undefined where there is none: all rows are one group. */
  readonly by: CategoryColumn | undefined;
  /** Row numbers, group by group. */
  readonly order: Uint32Array;
  /** The largest first. None is empty. */
  readonly groups: readonly Group[];
}

/**
 * The column by which an overview says most: categories before booleans, then the fewest rows without a value,
 * then the fewest groups (of two or more), then the first in the file.
 */
export function chooseGrouping(columns: readonly CategoryColumn[]): CategoryColumn | undefined {
  const useful = columns.filter(({ labels }) => labels.length >= 2);
  const rank = ({ column, labels }: CategoryColumn): [number, number, number] => [
    column.kind === 'boolean' ? 1 : 0,
    column.missing,
    labels.length,
  ];
  return useful.sort((a, b) => {
    const [first, second] = [rank(a), rank(b)];
    return first[0] - second[0] || first[1] - second[1] || first[2] - second[2];
  })[0];
}

/** Rows looked at between two turns for others. */
const CHUNK_ROWS = 65_536;

/**
 * Orders the rows by group (a counting sort).
 * @param turn called between two chunks of rows
 */
export async function groupRows(
  by: CategoryColumn | undefined,
  rows: number,
  turn: () => Promise<void>,
): Promise<Grouping> {
  const order = new Uint32Array(rows);
  if (by === undefined) {
    await eachRow(rows, turn, (row) => {
      order[row] = row;
    });
    return { by, order, groups: [{ key: null, start: 0, end: rows }] };
  }
  const { codes, labels } = by;
  // The rows without a label are one group more.
  const groupOf = (row: number): number => Math.min(codes[row] ?? NO_CATEGORY, labels.length);
  const starts = new Uint32Array(labels.length + 2);
  await eachRow(rows, turn, (row) => {
    count(starts, groupOf(row) + 1, 1);
  });
  for (let group = 1; group < starts.length; group += 1) count(starts, group, starts[group - 1] ?? 0);
  const free = starts.slice();
  await eachRow(rows, turn, (row) => {
    const group = groupOf(row);
    order[free[group] ?? 0] = row;
    count(free, group, 1);
  });
  const groups = [...labels, null].map((key, group) => {
    return { key, start: starts[group] ?? 0, end: starts[group + 1] ?? 0 };
  });
  return { by, order, groups: groups.filter((group) => sizeOf(group) > 0).sort((a, b) => sizeOf(b) - sizeOf(a)) };
}

async function eachRow(rows: number, turn: () => Promise<void>, visit: (row: number) => void): Promise<void> {
  for (let start = 0; start < rows; start += CHUNK_ROWS) {
    const end = Math.min(start + CHUNK_ROWS, rows);
    for (let row = start; row < end; row += 1) visit(row);
    await turn();
  }
}

function sizeOf({ start, end }: Group): number {
  return end - start;
}

function count(counts: Uint32Array, index: number, more: number): void {
  counts[index] = (counts[index] ?? 0) + more;
}
