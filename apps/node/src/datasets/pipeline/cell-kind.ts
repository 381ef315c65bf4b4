import { parseDecimal } from '../decimal.js';
import { timestampOf } from './timestamp.js';

/** What one value is. */
export type CellKind = 'missing' | 'integer' | 'number' | 'boolean' | 'timestamp' | 'text';

/** What a column is: a category is text of few different values. */
export type ColumnKind = 'integer' | 'number' | 'boolean' | 'timestamp' | 'category' | 'text';

/** Digits that begin with 0 are a code, such as a postcode: as a number it would lose them. */
const CODE = /^[+-]?0\d/;
const INTEGER = /^[+-]?\d+$/;
/** What every number and timestamp begins with; most texts are seen to be neither by their first character. */
const BEGINS_NUMBER = /^[\d+.-]/;
const BOOLEAN = /^(?:true|false)$/i;

/**
 * What a value is. Missing: an empty text, null, no value.
 * @param inText of a CSV, where numbers and booleans are texts; in JSON a text stays one, whatever its digits
 */
export function kindOf(cell: unknown, inText: boolean): CellKind {
  switch (typeof cell) {
    case 'string':
      return kindOfText(cell, inText);
    case 'number':
      if (!Number.isFinite(cell)) return 'text'; // 1e999: valid JSON, and no number that can be held
      return Number.isInteger(cell) ? 'integer' : 'number';
    case 'boolean':
      return 'boolean';
    default:
      return cell === undefined || cell === null ? 'missing' : 'text';
  }
}

function kindOfText(cell: string, inText: boolean): CellKind {
  const text = cell.trim();
  if (text === '') return 'missing';
  if (!BEGINS_NUMBER.test(text)) return inText && BOOLEAN.test(text) ? 'boolean' : 'text';
  if (inText && !CODE.test(text) && parseDecimal(text) !== undefined) return INTEGER.test(text) ? 'integer' : 'number';
  return timestampOf(text) === undefined ? 'text' : 'timestamp';
}

/** Whether a column of this kind may hold this value. Text holds anything, every column a missing value. */
export function accepts(column: ColumnKind, cell: CellKind): boolean {
  if (cell === 'missing' || column === 'text' || column === 'category') return true;
  if (column === 'integer' || column === 'number') return cell === 'integer' || cell === 'number';
  return column === cell;
}

/** The number of a value that `kindOf` calls one. */
export function numberOf(cell: unknown): number {
  return Number(cell);
}
