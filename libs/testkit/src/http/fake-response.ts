import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';

/** The writing side of an HTTP answer whose fill level the test sets. Nothing is ever sent. */
export class FakeResponse extends EventEmitter {
  writableLength = 0;
  writableNeedDrain = false;
  writableEnded = false;
  writableFinished = false;
  destroyed = false;
  /** What was written, piece by piece. */
  readonly written: string[] = [];

  /** As the transport takes it. */
  get asResponse(): ServerResponse {
    return this as unknown as ServerResponse;
  }

  writeHead(): this {
    return this;
  }

  flushHeaders(): void {
    // There is nobody to read them.
  }

  setTimeout(): void {
    // No socket that could stall.
  }

  write(text: string): void {
    this.written.push(text);
  }

  end(text = ''): void {
    if (text !== '') this.written.push(text);
    this.writableEnded = this.writableFinished = true;
    this.emit('close');
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    if (!this.writableEnded) this.emit('close');
  }
}
