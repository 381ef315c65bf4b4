import { MAX_ROW_LENGTH, ROW_TOO_LONG } from './row.js';
import type { TextBlock } from './text-blocks.js';

/** Called for each line, without its line end. `end` is the byte after the line end. */
export type LineListener = (line: string, number: number, end: number) => void;

/** Cuts blocks of text into lines at LF or CRLF; holds at most one line. */
export class LineSplitter {
  /** The line that is not complete yet. */
  rest = '';
  /** Bytes of the file before `rest`. */
  position = 0;
  /** Lines of the file before `rest`. */
  lines = 0;
  private restIsAscii = true;

  /** @param field the argument that named the file, for errors */
  constructor(private readonly field: string) {}

  /** @throws ToolError for a line of more than 1 MiB */
  feed(block: TextBlock, listen: LineListener): void {
    this.position += block.skipped;
    const text = this.rest + block.text;
    const ascii = this.restIsAscii && block.ascii;
    let start = 0;
    for (let end = text.indexOf('\n', this.rest.length); end !== -1; end = text.indexOf('\n', start)) {
      const line = text.slice(start, end);
      this.position += (ascii ? line.length : Buffer.byteLength(line)) + 1;
      this.lines += 1;
      start = end + 1;
      this.requireBounded(line, this.lines);
      listen(line.endsWith('\r') ? line.slice(0, -1) : line, this.lines, this.position);
    }
    this.rest = text.slice(start);
    this.restIsAscii = ascii || this.rest === '';
    this.requireBounded(this.rest, this.lines + 1);
  }

  /** The last line, if the file did not end with a line end. */
  end(listen: LineListener): void {
    const line = this.rest;
    if (line === '') return;
    this.position += Buffer.byteLength(line);
    this.lines += 1;
    this.rest = '';
    listen(line.endsWith('\r') ? line.slice(0, -1) : line, this.lines, this.position);
  }

  private requireBounded(line: string, number: number): void {
    if (line.length > MAX_ROW_LENGTH) throw ROW_TOO_LONG.toError(this.field, number);
  }
}
