import { LineSplitter } from './line-splitter.js';
import { RowFault, shown, type Row, type RowBatch } from './row.js';
import type { RowParser } from './row-parser.js';
import type { TextBlock } from './text-blocks.js';

/** One JSON object a line; lines of nothing but blanks are skipped. */
export class NdjsonRows implements RowParser {
  private readonly splitter: LineSplitter;

  constructor(field: string) {
    this.splitter = new LineSplitter(field);
  }

  get line(): number {
    return this.splitter.lines + 1;
  }

  feed(block: TextBlock): RowBatch {
    const batch: RowBatch = { header: undefined, rows: [], lines: [], ends: [] };
    this.splitter.feed(block, (line, number, end) => {
      add(batch, line, number, end);
    });
    return batch;
  }

  end(): RowBatch {
    const batch: RowBatch = { header: undefined, rows: [], lines: [], ends: [] };
    this.splitter.end((line, number, end) => {
      add(batch, line, number, end);
    });
    return batch;
  }
}

function add(batch: RowBatch, line: string, number: number, end: number): void {
  if (line.trim() === '') return;
  batch.rows.push(readObject(line));
  batch.lines.push(number);
  batch.ends.push(end);
}

function readObject(line: string): Row | RowFault {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return new RowFault('a JSON object', `no valid JSON: ${shown(line)}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  return new RowFault('a JSON object', Array.isArray(value) ? 'an array' : shown(value));
}
