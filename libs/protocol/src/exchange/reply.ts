import type { WireError } from '../wire/errors.js';

/**
 * What a notification is for. A transport that is out of room keeps only the latest `progress` and drops
 * `log`; `ask` and `change` are delivered or the stream is closed.
 */
export type NotificationKind = 'progress' | 'log' | 'ask' | 'change';

/**
 * Where the messages of one exchange go: an HTTP answer (JSON or SSE), a line on stdout, a part of a batch.
 * Messages are JSON text; the transport frames them.
 */
export interface Reply {
  /** False when the other side takes one JSON answer and nothing before it. */
  readonly streams: boolean;
  /** The request was given to another node before, which was lost. */
  readonly again?: boolean;
  /** The highest progress that the client has seen of that node: only higher values are told (S03). */
  readonly progressAbove?: number | undefined;
  /** Sends a message before the answer. */
  notify(message: string, kind: NotificationKind): void;
  /** The answer: exactly once, after it nothing. `error` is what the message says, for the transport's own status. */
  end(message: string, error?: WireError): void;
  /**
   * Closes the connection but not the answer, which the client comes back for (SEP-1699); false where this reply
   * cannot be resumed. Left out by transports that have nothing to resume.
   */
  closeConnection?(): boolean;
  /** There will be no answer: the client cancelled. */
  abandon(): void;
}
