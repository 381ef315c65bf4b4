const LF = 0x0a;
/** How an event, or a comment, begins. */
const BEGINNING = /^(?:event|data|id|retry)?:/;

/**
 * Remembers the end of an event stream that is relayed, so that when its node dies the stream can be ended
 * rightly: an error event goes out only if no answer did, and never inside a half-written event.
 * Holds two chunks of at most a socket read each (64 KiB).
 */
export class SseTail {
  private last: Buffer | undefined;
  private before: Buffer | undefined;

  note(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.before = this.last;
    this.last = chunk;
  }

  /** Whether the stream ends with a JSON-RPC response: then the call has its one answer. */
  get answered(): boolean {
    if (this.last === undefined || !this.atBoundary) return false;
    const text = this.text();
    const start = text.lastIndexOf('\n\n', text.length - 3);
    const event = text.slice(start + 1);
    // Progress and logs are small. An event that began more than two reads ago is a large one: the result.
    return (start === -1 && !BEGINNING.test(event)) || isAnswer(event);
  }

  /** What must be written before another event, so that a half-written one is not taken for a whole message. */
  get separator(): string {
    if (this.last === undefined || this.atBoundary) return '';
    // A data line that is no JSON spoils the event; clients skip such events.
    return this.last.at(-1) === LF ? 'data: cut off\n\n' : ' cut off\ndata: cut off\n\n';
  }

  private get atBoundary(): boolean {
    const text = this.text();
    return text.endsWith('\n\n') || text.endsWith('\r\n\r\n');
  }

  private text(): string {
    if (this.last === undefined) return '';
    return (this.before === undefined ? this.last : Buffer.concat([this.before, this.last])).toString('latin1');
  }
}

function isAnswer(event: string): boolean {
  const data = event
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length))
    .join('\n');
  try {
    const message: unknown = JSON.parse(data);
    return typeof message === 'object' && message !== null && !('method' in message) && 'id' in message;
  } catch {
    return false; // a comment or a priming event: no message
  }
}
