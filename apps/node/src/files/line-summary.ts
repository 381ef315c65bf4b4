import { LEVEL_WINDOW, levelOf, NO_LEVEL } from './log-level.js';

/** Where a line is in its file: bytes, without its line feed. */
export interface LinePlace {
  readonly start: number;
  readonly end: number;
}

export interface LineSummaryOptions {
  /** How many of the first lines to note the places of. */
  readonly head: number;
  /** How many of the last lines to note the places of. */
  readonly tail: number;
  /** Whether lines have levels to count. */
  readonly levels: boolean;
}

const LINE_FEED = 0x0a;

/**
 * Counts the lines of a text of any size in one pass and constant memory: only places are kept, the lines
 * themselves are read again by those who want them. Strings are not made.
 */
export class LineSummary {
  /** Lines that ended so far; after `finish` all of them. */
  lines = 0;
  /** Bytes of the longest line without its line feed, and which line it is, from 1. */
  longest = { bytes: 0, line: 0 };
  /** Lines by level: the places of LOG_LEVELS, then those without one. All 0 unless levels are counted. */
  readonly levels: number[] = Array.from({ length: NO_LEVEL + 1 }, () => 0);

  private position = 0;
  private lineStart = 0;
  private readonly firstLines: LinePlace[] = [];
  /** A ring of places: the start and the end of line `n` at `2 * (n % tail)`. */
  private readonly lastLines: Float64Array;
  /** The beginning of a line that goes on in the next piece: its level is looked for when it is whole. */
  private readonly carried = Buffer.alloc(LEVEL_WINDOW);
  private carriedBytes = 0;

  constructor(private readonly options: LineSummaryOptions) {
    this.lastLines = new Float64Array(2 * options.tail);
  }

  /** The next bytes of the text. */
  add(bytes: Buffer): void {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, start);
      if (end === -1) break;
      if (this.carriedBytes > 0) this.endCarried(bytes.subarray(0, end));
      else if (this.options.levels) this.count(levelOf(bytes, start, end));
      this.endLine(this.position + end);
      start = end + 1;
    }
    if (start < bytes.length) this.carry(bytes.subarray(start));
    this.position += bytes.length;
  }

  /** There are no more bytes: what follows the last line break is a line of its own. */
  finish(): void {
    if (this.lineStart === this.position) return;
    this.endCarried(Buffer.alloc(0));
    this.endLine(this.position);
  }

  /** The first lines, at most as many as were asked for. */
  get head(): readonly LinePlace[] {
    return this.firstLines;
  }

  /** The last lines, the very last one last. */
  get tail(): LinePlace[] {
    const count = Math.min(this.lines, this.options.tail);
    return Array.from({ length: count }, (_, index) => {
      const slot = 2 * ((this.lines - count + index) % this.options.tail);
      return { start: this.lastLines[slot] ?? 0, end: this.lastLines[slot + 1] ?? 0 };
    });
  }

  private carry(bytes: Buffer): void {
    if (!this.options.levels) return;
    const part = bytes.subarray(0, LEVEL_WINDOW - this.carriedBytes);
    this.carried.set(part, this.carriedBytes);
    this.carriedBytes += part.length;
  }

  private endCarried(rest: Buffer): void {
    if (!this.options.levels) return;
    this.carry(rest);
    this.count(levelOf(this.carried, 0, this.carriedBytes));
    this.carriedBytes = 0;
  }

  private count(level: number): void {
    this.levels[level] = (this.levels[level] ?? 0) + 1;
  }

  private endLine(end: number): void {
    const { head, tail } = this.options;
    if (this.lines < head) this.firstLines.push({ start: this.lineStart, end });
    if (tail > 0) {
      const slot = 2 * (this.lines % tail);
      this.lastLines[slot] = this.lineStart;
      this.lastLines[slot + 1] = end;
    }
    this.lines += 1;
    if (end - this.lineStart > this.longest.bytes) this.longest = { bytes: end - this.lineStart, line: this.lines };
    this.lineStart = end + 1;
  }
}
