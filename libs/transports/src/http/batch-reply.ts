import type { NotificationKind, Reply, WireError } from '@mcp-cluster/protocol';
import type { HttpReply } from './http-reply.js';

/**
 * The answer to a batch of 2025-03-26: one array when nothing was said before the answers, else a stream
 * of the messages as they come. It ends when each request of the batch has ended.
 */
export class BatchReply {
  private readonly answers: string[] = [];
  private open: number;
  private streaming = false;

  constructor(
    private readonly reply: HttpReply,
    requests: number,
  ) {
    this.open = requests;
  }

  /** The part of one request. */
  part(): Reply {
    return new BatchPart(this, this.reply.streams);
  }

  notify(message: string, kind: NotificationKind): void {
    if (!this.streaming) {
      this.streaming = true;
      for (const answer of this.answers) this.reply.part(answer);
      this.answers.length = 0;
    }
    this.reply.notify(message, kind);
  }

  settle(answer: string | undefined): void {
    this.open -= 1;
    if (answer !== undefined) this.answers.push(answer);
    if (this.streaming && this.open > 0) {
      for (const message of this.answers.splice(0)) this.reply.part(message);
    }
    if (this.open > 0) return;
    if (this.streaming) {
      const last = this.answers.pop();
      if (last === undefined) this.reply.abandon();
      else this.reply.end(last);
    } else if (this.answers.length === 0) this.reply.abandon();
    else this.reply.end(`[${this.answers.join(',')}]`);
  }
}

class BatchPart implements Reply {
  constructor(
    private readonly batch: BatchReply,
    readonly streams: boolean,
  ) {}

  notify(message: string, kind: NotificationKind): void {
    this.batch.notify(message, kind);
  }

  end(message: string, _error?: WireError): void {
    this.batch.settle(message);
  }

  abandon(): void {
    this.batch.settle(undefined);
  }
}
