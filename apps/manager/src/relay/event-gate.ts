const LF = 0x0a;
const CR = 0x0d;
/** Bytes of an unfinished event that are held back. A larger one is nearly always a result, and passes as it comes. */
export const MAX_HELD_BYTES = 64 * 1024;

/**
 * Lets only whole events of a stream through, so that another node can go on after any byte at which this one dies.
 * Nearly every chunk is whole events already, and passes as it is.
 */
export class EventGate {
  private held: Buffer[] = [];
  private heldBytes = 0;
  private isTorn = false;
  private large: Buffer | undefined;
  /** The last two bytes that came, for a boundary that lies across two chunks. */
  private last = 0;
  private beforeLast = 0;

  /** What was passed on last is a part of an event that is too large to be held. */
  get torn(): boolean {
    return this.isTorn;
  }

  /** The first bytes of an event that was passed on in parts and is whole now. */
  takeLarge(): Buffer | undefined {
    const { large } = this;
    this.large = undefined;
    return large;
  }

  /** @returns what may be passed on now: whole events, or a part of a large one (`torn`) */
  push(chunk: Buffer): Buffer | undefined {
    if (chunk.length === 0) return undefined;
    const end = this.boundary(chunk);
    this.remember(chunk);
    if (end === chunk.length && this.heldBytes === 0 && !this.isTorn) return chunk;
    return end === 0 ? this.unfinished(chunk) : this.upTo(end, chunk);
  }

  /** Everything that is left, at the end of the stream. */
  flush(): Buffer | undefined {
    const rest = this.heldBytes === 0 ? undefined : Buffer.concat(this.held, this.heldBytes);
    this.forget();
    return rest;
  }

  /**
   * The node died: what it had begun to say is forgotten.
   * @returns what must be passed on before another event, so that a half-passed one is not taken for a whole message
   */
  cut(): string {
    const separator = this.separator;
    this.forget();
    this.isTorn = false;
    this.large = undefined;
    this.last = this.beforeLast = 0;
    return separator;
  }

  private get separator(): string {
    if (!this.isTorn) return '';
    // A data line that is no JSON spoils the event; clients skip such events.
    return this.last === LF ? 'data: cut off\n\n' : ' cut off\ndata: cut off\n\n';
  }

  private unfinished(chunk: Buffer): Buffer | undefined {
    if (this.isTorn) return chunk;
    this.held.push(chunk);
    this.heldBytes += chunk.length;
    if (this.heldBytes <= MAX_HELD_BYTES) return undefined;
    const bytes = Buffer.concat(this.held, this.heldBytes);
    this.forget();
    this.isTorn = true;
    this.large = bytes.subarray(0, MAX_HELD_BYTES);
    return bytes;
  }

  private upTo(end: number, chunk: Buffer): Buffer {
    const bytes = Buffer.concat([...this.held, chunk.subarray(0, end)]);
    this.forget();
    this.isTorn = false;
    if (end < chunk.length) {
      // At most a socket read: over the limit only together with what comes next.
      this.held.push(chunk.subarray(end));
      this.heldBytes = chunk.length - end;
    }
    return bytes;
  }

  /** Where the last whole event in the chunk ends; 0 when none does. */
  private boundary(chunk: Buffer): number {
    const { length } = chunk;
    if (chunk[length - 1] === LF && this.endsEvent(chunk, length - 1)) return length;
    if (!chunk.includes(LF)) return 0; // large results: the cheapest of searches
    const end = Math.max(chunk.lastIndexOf('\n\n') + 2, chunk.lastIndexOf('\n\r\n') + 3);
    // 1 and 2 stand for "not found"; a boundary that is found ends at 2 or later, and one across chunks at 1 or 2.
    if (end > 3) return end;
    for (const at of [2, 1, 0]) if (at < length && chunk[at] === LF && this.endsEvent(chunk, at)) return at + 1;
    return 0;
  }

  /** Whether the line feed at `at` ends an empty line. */
  private endsEvent(chunk: Buffer, at: number): boolean {
    const before = this.byteAt(chunk, at - 1);
    return before === LF || (before === CR && this.byteAt(chunk, at - 2) === LF);
  }

  private byteAt(chunk: Buffer, at: number): number | undefined {
    if (at >= 0) return chunk[at];
    return at === -1 ? this.last : this.beforeLast;
  }

  private remember(chunk: Buffer): void {
    const { length } = chunk;
    this.beforeLast = length > 1 ? (chunk[length - 2] ?? 0) : this.last;
    this.last = chunk[length - 1] ?? 0;
  }

  private forget(): void {
    this.held = [];
    this.heldBytes = 0;
  }
}
