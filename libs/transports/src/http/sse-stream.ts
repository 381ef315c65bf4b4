import type { NotificationKind } from '@mcp-cluster/protocol';
import { STREAM_BUDGET_BYTES, type SseResponse } from './sse-response.js';
import type { CloseReason, StreamObserver } from './stream-observer.js';

/**
 * A stream that ends with its connection (2026-07-28): frames messages and holds a slow reader's memory within its
 * budget. Beyond the budget progress waits (the latest only) and log messages are dropped; beyond twice of it the
 * stream is closed.
 */
export class SseStream {
  private pendingProgress: string | undefined;
  private draining = false;

  constructor(
    private readonly connection: SseResponse,
    private readonly observer: StreamObserver,
  ) {}

  send(message: string, kind: NotificationKind): void {
    const { connection } = this;
    if (!connection.open) return;
    if (!connection.full) {
      // There is room before the drain: what waits is older and would come after this one (S03).
      if (kind === 'progress') this.dropPending();
      connection.event(frame(message));
      return;
    }
    if (kind === 'progress') {
      this.dropPending();
      this.pendingProgress = message;
      this.resumeOnDrain();
    } else if (kind === 'log') this.observer.dropped('log');
    else if (connection.waiting < 2 * STREAM_BUDGET_BYTES) connection.event(frame(message));
    else {
      // The reader must not miss it and cannot take it: an honest end lets the client ask again.
      this.observer.dropped(kind);
      connection.destroy('overflow');
    }
  }

  /** The last message; results are never dropped. */
  end(message: string): void {
    if (!this.connection.open) return;
    const progress = this.pendingProgress === undefined ? '' : frame(this.pendingProgress);
    this.pendingProgress = undefined;
    this.connection.endWith(`${progress}${frame(message)}`, 'answered');
  }

  /** There will be no answer. */
  abandon(reason: CloseReason): void {
    this.pendingProgress = undefined;
    if (this.connection.open) this.connection.end(reason);
  }

  keepAlive(): void {
    this.connection.keepAlive();
  }

  private dropPending(): void {
    if (this.pendingProgress === undefined) return;
    this.pendingProgress = undefined;
    this.observer.dropped('progress');
  }

  private resumeOnDrain(): void {
    if (this.draining) return;
    this.draining = true;
    this.connection.onDrain(() => {
      this.draining = false;
      const message = this.pendingProgress;
      this.pendingProgress = undefined;
      if (message !== undefined) this.send(message, 'progress');
    });
  }
}

function frame(message: string): string {
  return `event: message\ndata: ${message}\n\n`;
}
