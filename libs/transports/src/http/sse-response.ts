import type { ServerResponse } from 'node:http';
import type { Quiet } from './keep-alive.js';
import type { OpenStream } from './open-streams.js';
import { closeStalled } from './stall-guard.js';
import type { StreamServices } from './stream-services.js';
import type { CloseReason, StreamKind } from './stream-observer.js';

/**
 * Bytes that may wait for a slow reader of one connection. Beyond it nothing is written that can wait or be left out.
 * Half of the 256 KiB of memory that a stream may cost (reliability.md, experiment 13): what Node has begun to write
 * is held a second time, as the copy that libuv writes from.
 */
export const STREAM_BUDGET_BYTES = 128 * 1024;

/** S14. `X-Accel-Buffering` keeps nginx from holding events back. */
const SSE_HEADERS = [
  'Content-Type',
  'text/event-stream',
  'Cache-Control',
  'no-cache, no-transform',
  'X-Accel-Buffering',
  'no',
];

/** One HTTP answer that carries events: what is the same whichever stream it carries. */
export class SseResponse implements Quiet, OpenStream {
  /** Monotonic milliseconds of the last byte. */
  writtenAt: number;
  eventAt = Number.NEGATIVE_INFINITY;
  /** Why it was ended in good order, and why it was cut: an end that was not taken is none. */
  private ending: CloseReason | undefined;
  private cut: CloseReason = 'client_closed';
  /** Called once, when nothing can be written any more. */
  onClosed: (() => void) | undefined;

  /**
   * Sends the status and the headers with the first bytes; see `flush`.
   * @param receivedAt monotonic milliseconds of the request, to tell when its first message went out
   */
  constructor(
    private readonly response: ServerResponse,
    headers: readonly string[],
    readonly kind: StreamKind,
    private readonly services: StreamServices,
    private readonly receivedAt?: number,
  ) {
    this.writtenAt = services.now();
    response.writeHead(200, [...SSE_HEADERS, ...headers]);
    services.open.add(this);
    closeStalled(response, services.stallMs, () => {
      this.cut = 'stalled';
    });
    response.once('close', () => {
      services.open.delete(this);
      services.observer.closed(kind, (response.writableFinished ? this.ending : undefined) ?? this.cut);
      this.onClosed?.();
    });
  }

  get open(): boolean {
    return !this.response.writableEnded && !this.response.destroyed;
  }
  get waiting(): number {
    return this.response.writableLength;
  }
  get backedUp(): boolean {
    return this.response.writableNeedDrain;
  }
  /** Nothing more should be written that can wait. */
  get full(): boolean {
    return this.response.writableLength >= STREAM_BUDGET_BYTES;
  }

  /** Sends headers now, before there is an event. */
  flush(): void {
    if (this.open) this.response.flushHeaders();
  }

  /** Writes the text of one event with a message. */
  event(text: string): void {
    this.noteEvent();
    this.response.write(text);
  }

  /** Writes what is no message: a priming event. */
  write(text: string): void {
    this.writtenAt = this.services.now();
    this.response.write(text);
  }

  /** A comment that keeps proxies from closing a quiet stream (S14). Not added to a buffer that is full already. */
  keepAlive(): void {
    if (this.open && !this.full) this.write(': keep-alive\n\n');
  }

  /** Calls back once when everything that waited has been taken. */
  onDrain(then: () => void): void {
    this.response.once('drain', then);
  }

  /** Ends in good order: what was written still goes out. */
  end(reason: CloseReason): void {
    this.ending ??= reason;
    this.response.end();
  }

  /** Ends with a last event. */
  endWith(text: string, reason: CloseReason): void {
    this.noteEvent();
    this.ending ??= reason;
    this.response.end(text);
  }

  /** Closes the connection now; what waits is lost. */
  destroy(reason: CloseReason): void {
    this.cut = reason;
    this.response.destroy();
  }

  private noteEvent(): void {
    const now = (this.writtenAt = this.services.now());
    if (this.receivedAt !== undefined && this.eventAt === Number.NEGATIVE_INFINITY)
      this.services.observer.firstEvent(this.kind, now - this.receivedAt);
    this.eventAt = now;
  }
}
