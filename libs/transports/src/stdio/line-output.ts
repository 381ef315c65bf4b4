import type { Writable } from 'node:stream';
import type { NotificationKind } from '@mcp-cluster/protocol';

/** Bytes that may wait for a slow reader before what can wait does, as for an HTTP stream (S20). */
export const OUTPUT_BUDGET_BYTES = 256 * 1024;

/** Different changes that may wait: a session's subscriptions and lists are fewer. The oldest goes, and is counted. */
export const MAX_WAITING_CHANGES = 1_024;

/** Whose progress it is: only the latest of each waits. */
export type Source = object;

/**
 * The one output of a connection. While its reader is behind, progress waits (the latest of each call), equal
 * changes wait as one and log messages are dropped; answers and questions are written, and whoever reads the input
 * stops reading (`drained`), so that there are only those of the calls that run.
 */
export class LineOutput {
  private readonly progress = new Map<Source, string>();
  private readonly changes = new Set<string>();
  private draining: Promise<void> | undefined;

  constructor(
    private readonly output: Writable,
    private readonly onDropped: (kind: NotificationKind) => void,
  ) {}

  /** Nothing should be read or written that can wait. */
  get full(): boolean {
    return this.output.writableLength >= OUTPUT_BUDGET_BYTES && !this.output.destroyed;
  }

  /** Writes what must not be lost. */
  write(message: string): void {
    this.output.write(`${message}\n`);
  }

  notify(message: string, kind: NotificationKind, source: Source): void {
    if (kind === 'progress') {
      this.dropProgress(source); // it would come after this one (S03)
      if (!this.full) this.write(message);
      else this.wait(() => this.progress.set(source, message));
    } else if (!this.full || kind === 'ask') this.write(message);
    else if (kind === 'log') this.onDropped('log');
    else
      this.wait(() => {
        this.keepChange(message);
      });
  }

  /** The answer of a call, after its last progress (S06). */
  answer(message: string, source: Source): void {
    const progress = this.progress.get(source);
    this.progress.delete(source);
    if (progress !== undefined) this.write(progress);
    this.write(message);
  }

  /** Nothing more is said of a call. */
  forget(source: Source): void {
    this.progress.delete(source);
  }

  /** Resolves when the reader has taken what waits, or is gone. */
  drained(): Promise<void> {
    if (!this.full) return Promise.resolve();
    this.draining ??= new Promise((resolve) => {
      const done = (): void => {
        this.output.off('drain', done).off('close', done);
        this.draining = undefined;
        this.flush();
        resolve();
      };
      this.output.on('drain', done).on('close', done);
    });
    return this.draining;
  }

  private keepChange(message: string): void {
    this.changes.add(message);
    const [oldest] = this.changes;
    if (this.changes.size <= MAX_WAITING_CHANGES || oldest === undefined) return;
    this.changes.delete(oldest);
    this.onDropped('change');
  }

  private wait(keep: () => void): void {
    keep();
    void this.drained(); // flushes; it cannot fail
  }

  private flush(): void {
    const changes = [...this.changes];
    this.changes.clear();
    for (const message of changes) this.notify(message, 'change', this);
    const progress = [...this.progress];
    this.progress.clear();
    for (const [source, message] of progress) this.notify(message, 'progress', source);
  }

  private dropProgress(source: Source): void {
    if (this.progress.delete(source)) this.onDropped('progress');
  }
}
