import type { ServerResponse } from 'node:http';
import type { NotificationKind } from '@mcp-cluster/protocol';

/**
 * Bytes that may wait for a slow reader of one stream (reliability.md, experiment 13). Beyond it progress
 * waits (the latest only) and log messages are dropped; beyond twice of it the stream is closed.
 */
export const STREAM_BUDGET_BYTES = 256 * 1024;

/** S14. `X-Accel-Buffering` keeps nginx from holding events back. */
const SSE_HEADERS = [
  'Content-Type',
  'text/event-stream',
  'Cache-Control',
  'no-cache, no-transform',
  'X-Accel-Buffering',
  'no',
];

/** What streams tell of themselves. */
export interface StreamObserver {
  opened(): void;
  closed(): void;
  dropped(kind: NotificationKind): void;
}

/** One event stream: frames messages and holds a slow reader's memory within its budget. */
export class SseStream {
  /** Monotonic milliseconds of the last byte, for the keep-alive. */
  writtenAt: number;
  private pendingProgress: string | undefined;
  private waiting = false;

  constructor(
    private readonly response: ServerResponse,
    headers: readonly string[],
    private readonly now: () => number,
    private readonly observer: StreamObserver,
  ) {
    this.writtenAt = now();
    response.writeHead(200, [...SSE_HEADERS, ...headers]);
    observer.opened();
    response.once('close', () => {
      observer.closed();
    });
  }

  get open(): boolean {
    return !this.response.writableEnded && !this.response.destroyed;
  }

  /** Sends headers now, before there is an event. */
  flush(): void {
    this.response.flushHeaders();
  }

  send(message: string, kind: NotificationKind): void {
    if (!this.open) return;
    const buffered = this.response.writableLength;
    if (buffered < STREAM_BUDGET_BYTES) {
      // There is room before the drain: what waits is older and would come after this one (S03).
      if (kind === 'progress') this.dropPending();
      this.write(`event: message\ndata: ${message}\n\n`);
      return;
    }
    if (kind === 'progress') {
      this.dropPending();
      this.pendingProgress = message;
      this.resumeOnDrain();
    } else if (kind === 'log') this.observer.dropped('log');
    else if (buffered < 2 * STREAM_BUDGET_BYTES) this.write(`event: message\ndata: ${message}\n\n`);
    else {
      // The reader must not miss it and cannot take it: an honest end lets the client ask again.
      this.observer.dropped(kind);
      this.response.destroy();
    }
  }

  /** The last message; results are never dropped. */
  end(message?: string): void {
    if (!this.open) return;
    const progress = this.pendingProgress === undefined ? '' : `event: message\ndata: ${this.pendingProgress}\n\n`;
    this.pendingProgress = undefined;
    this.response.end(message === undefined ? progress : `${progress}event: message\ndata: ${message}\n\n`);
  }

  /** A comment that keeps proxies from closing a quiet stream (S14). Not added to a buffer that is full already. */
  keepAlive(): void {
    if (this.open && this.response.writableLength < STREAM_BUDGET_BYTES) this.write(': keep-alive\n\n');
  }

  private write(text: string): void {
    this.writtenAt = this.now();
    this.response.write(text);
  }

  private dropPending(): void {
    if (this.pendingProgress === undefined) return;
    this.pendingProgress = undefined;
    this.observer.dropped('progress');
  }

  private resumeOnDrain(): void {
    if (this.waiting) return;
    this.waiting = true;
    this.response.once('drain', () => {
      this.waiting = false;
      const message = this.pendingProgress;
      this.pendingProgress = undefined;
      if (message !== undefined) this.send(message, 'progress');
    });
  }
}
