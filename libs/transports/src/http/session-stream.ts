import type { ServerResponse } from 'node:http';
import type { SessionStream } from '@mcp-cluster/protocol';
import type { Quiet } from './keep-alive.js';
import { SseStream, type StreamObserver } from './sse-stream.js';

/** A session's own stream (HTTP GET): list changes, resource updates. Its headers go out at once. */
export class HttpSessionStream implements SessionStream, Quiet {
  private readonly stream: SseStream;

  constructor(response: ServerResponse, headers: readonly string[], now: () => number, observer: StreamObserver) {
    this.stream = new SseStream(response, headers, now, observer);
    this.stream.flush();
  }

  get writtenAt(): number {
    return this.stream.writtenAt;
  }

  notify(message: string): boolean {
    this.stream.send(message, 'change');
    return this.stream.open;
  }

  keepAlive(): void {
    this.stream.keepAlive();
  }

  close(): void {
    this.stream.end();
  }
}
