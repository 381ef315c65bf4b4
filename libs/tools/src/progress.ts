import type { ToolContext } from './tool-context.js';

/** A slice of work: the items from `start` up to, not including, `end`. */
export interface Chunk {
  readonly start: number;
  readonly end: number;
  /** From 1. */
  readonly number: number;
  /** How many chunks there are. */
  readonly of: number;
}

/**
 * Cuts `total` items into chunks of `size`, the last one as small as it comes out. Call `context.breathe()`
 * after each, so that other calls get their turn and a cancelled one ends.
 * @param total items, an integer of 0 or more; 0 gives no chunk
 * @param size items a chunk, an integer of 1 or more
 * @throws RangeError for other numbers
 */
export function* chunks(total: number, size: number): Generator<Chunk, void, undefined> {
  if (!Number.isInteger(total) || total < 0)
    throw new RangeError(`total must be an integer of 0 or more, got ${String(total)}`);
  if (!Number.isInteger(size) || size < 1)
    throw new RangeError(`size must be an integer of 1 or more, got ${String(size)}`);
  const of = Math.ceil(total / size);
  for (let number = 1; number <= of; number += 1) {
    yield { start: (number - 1) * size, end: Math.min(number * size, total), number, of };
  }
}

/**
 * Reports progress in countable things: "rows 500 of 10000".
 * @param done so far
 * @param total in the same unit; undefined when it is not known
 * @param what the things' name, plural
 */
export function reportRows(context: ToolContext, done: number, total: number | undefined, what = 'rows'): void {
  const message = total === undefined ? `${what} ${String(done)}` : `${what} ${String(done)} of ${String(total)}`;
  context.progress(done, total, message);
}
