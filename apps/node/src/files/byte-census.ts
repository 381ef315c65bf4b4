const LINE_FEED = 0x0a;

/** Shares of all bytes, 0 to 1; together 1, or all 0 where there are no bytes. */
export interface Composition {
  /** Characters of ASCII that can be seen. */
  readonly printable: number;
  /** Blanks, tabs and line breaks. */
  readonly whitespace: number;
  /** Other bytes below 128. */
  readonly control: number;
  /** Bytes from 128 on: other characters in UTF-8, or binary data. */
  readonly nonAscii: number;
}

/** Counts bytes and lines of anything, in one pass and constant memory. */
export class ByteCensus {
  bytes = 0;
  /** Bytes of the longest line without its line feed. */
  longestLine = 0;
  private readonly counts = new Float64Array(256);
  private readonly even = new Uint32Array(256);
  private readonly odd = new Uint32Array(256);
  private lineStart = 0;

  add(bytes: Buffer): void {
    // Small numbers in the loop, and two tables by turns: an addition does not wait for the one before it.
    const { even, odd } = this;
    even.fill(0);
    odd.fill(0);
    for (let at = 0; at + 1 < bytes.length; at += 2) {
      tally(even, bytes[at]);
      tally(odd, bytes[at + 1]);
    }
    if (bytes.length % 2 === 1) tally(even, bytes.at(-1));
    for (const [byte, count] of this.counts.entries()) this.counts[byte] = count + (even[byte] ?? 0) + (odd[byte] ?? 0);
    for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) {
      this.longestLine = Math.max(this.longestLine, this.bytes + at - this.lineStart);
      this.lineStart = this.bytes + at + 1;
    }
    this.bytes += bytes.length;
    this.longestLine = Math.max(this.longestLine, this.bytes - this.lineStart);
  }

  /** What follows the last line feed is a line too. */
  get lines(): number {
    return (this.counts[LINE_FEED] ?? 0) + (this.bytes > this.lineStart ? 1 : 0);
  }

  composition(): Composition {
    const whitespace = this.count(0x09, 0x0e) + this.count(0x20, 0x21);
    const printable = this.count(0x21, 0x7f);
    const nonAscii = this.count(0x80, 0x100);
    const control = this.bytes - whitespace - printable - nonAscii;
    const share = (count: number): number => (this.bytes === 0 ? 0 : Number((count / this.bytes).toFixed(6)));
    return {
      printable: share(printable),
      whitespace: share(whitespace),
      control: share(control),
      nonAscii: share(nonAscii),
    };
  }

  private count(from: number, to: number): number {
    return this.counts.subarray(from, to).reduce((sum, count) => sum + count, 0);
  }
}

function tally(counts: Uint32Array, byte = 0): void {
  counts[byte] = (counts[byte] ?? 0) + 1;
}
