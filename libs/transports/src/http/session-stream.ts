import type { SessionStream } from '@mcp-cluster/protocol';
import type { ResumableStream } from './resumable-stream.js';

/** A session's own stream (HTTP GET): list changes, resource updates. Kept for a client that is away for a while. */
export class HttpSessionStream implements SessionStream {
  constructor(readonly stream: ResumableStream) {}

  notify(message: string): boolean {
    this.stream.send(message, 'change');
    return true;
  }

  /** This node is leaving: the client opens another stream, elsewhere. */
  close(): void {
    this.stream.abandon('drained');
  }
}
