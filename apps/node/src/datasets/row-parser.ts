import type { RowBatch } from './row.js';
import type { TextBlock } from './text-blocks.js';

/** Turns text into rows, block by block, in memory that does not grow with the file. */
export interface RowParser {
  /** The line that the text so far ends on, from 1. */
  readonly line: number;
  /** @throws ToolError for what leaves no row to go on from: a row too long, a wrong quote */
  feed(block: TextBlock): RowBatch;
  /** The rows that only the end of the file completes. */
  end(): RowBatch;
}
