import { cellAt, isFields, RowFault, shown, type Place, type Row } from '../row.js';
import { accepts, kindOf, type CellKind, type ColumnKind } from './cell-kind.js';

/** Different values of a text column that make it a category, at most: more groups are no overview. */
export const MAX_CATEGORY_VALUES = 1_000;

/** A longer text is prose, not the name of a group. */
const MAX_LABEL_LENGTH = 200;

/** The share of a column's values that decides what it is; the rows of the rest are wrong, not the column. */
const DECIDING_SHARE = 0.9;

/** What a value of the kind is called in an error. */
const NAMES: Readonly<Record<ColumnKind, string>> = {
  integer: 'a number',
  number: 'a number',
  boolean: 'true or false',
  timestamp: 'an ISO 8601 date or time',
  category: 'a text',
  text: 'a text',
};

/** One column: first its values are counted by kind, then the kind is decided, then every row is checked by it. */
export class DatasetColumn implements Place {
  kind: ColumnKind = 'text';
  /** Values missing in the accepted rows. */
  missing = 0;
  /** The different trimmed texts of the accepted rows, with their numbers; undefined where there are too many. */
  labels: Map<string, number> | undefined = new Map();
  private readonly seen: Record<CellKind, number> = {
    missing: 0,
    integer: 0,
    number: 0,
    boolean: 0,
    timestamp: 0,
    text: 0,
  };
  private values = 0;

  constructor(
    readonly name: string,
    readonly index: number,
  ) {}

  /** Counts a value towards the kind. */
  count(cell: unknown, inText: boolean): void {
    this.seen[kindOf(cell, inText)] += 1;
  }

  decide(): void {
    const { integer, number, boolean, timestamp, text } = this.seen;
    const enough = (integer + number + boolean + timestamp + text) * DECIDING_SHARE;
    if (enough === 0) this.kind = 'text';
    else if (integer + number >= enough) this.kind = number === 0 ? 'integer' : 'number';
    else if (boolean >= enough) this.kind = 'boolean';
    else if (timestamp >= enough) this.kind = 'timestamp';
    else this.kind = 'text';
  }

  /** Takes the value of an accepted row. */
  take(cell: unknown): void {
    if (isMissing(cell)) {
      this.missing += 1;
      return;
    }
    this.values += 1;
    if (this.kind === 'text' && this.labels !== undefined) this.addLabel(this.labels, cell);
  }

  /** Text of few different values, each about twice or more often, is a category. */
  settle(): void {
    if (this.kind !== 'text' || this.labels === undefined || this.labels.size === 0) return;
    if (this.labels.size * 2 <= this.values) this.kind = 'category';
  }

  private addLabel(labels: Map<string, number>, cell: unknown): void {
    const label = typeof cell === 'object' ? undefined : labelOf(cell);
    if (label !== undefined && labels.has(label)) return;
    if (label === undefined || label.length > MAX_LABEL_LENGTH || labels.size === MAX_CATEGORY_VALUES) {
      this.labels = undefined;
      return;
    }
    // Copied: a part of a text would keep the block that it was cut from.
    labels.set(Buffer.from(label).toString(), labels.size);
  }
}

/** A single value as text, trimmed. */
export function labelOf(cell: unknown): string {
  return String(cell).trim();
}

/** What `kindOf` calls missing, without looking further. */
export function isMissing(cell: unknown): boolean {
  return cell === undefined || cell === null || (typeof cell === 'string' && cell.trim() === '');
}

/** The first value of a row that is not of its column's kind. The same answer each time that the file is read. */
export function findFault(row: Row, columns: readonly DatasetColumn[]): RowFault | undefined {
  const inText = isFields(row);
  for (const column of columns) {
    if (column.kind === 'text' || column.kind === 'category') continue;
    const cell = cellAt(row, column);
    if (accepts(column.kind, kindOf(cell, inText))) continue;
    return new RowFault(`${NAMES[column.kind]} in column ${JSON.stringify(column.name)}`, shown(cell));
  }
  return undefined;
}
