import type { ServerResponse } from 'node:http';
import {
  errorMessage,
  type Era,
  type NotificationKind,
  type Reply,
  type RequestId,
  type WireError,
} from '@mcp-cluster/protocol';
import type { Accepts } from './accept.js';
import { BodyTooLargeError } from './body.js';
import type { Quiet } from './keep-alive.js';
import { lingeringClose } from './lingering-close.js';
import { SseStream, type StreamObserver } from './sse-stream.js';
import { errorHeaders, httpStatus } from './status.js';

/**
 * The HTTP answer to one request. It becomes one JSON body, or an event stream as soon as something has to be
 * said before the answer (S02), or when nothing was said for so long that a proxy might cut it.
 */
export class HttpReply implements Reply, Quiet {
  writtenAt: number;
  /** Headers of the answer, flat. */
  readonly headers: string[];
  done = false;
  private stream: SseStream | undefined;

  constructor(
    private readonly response: ServerResponse,
    private readonly era: Era,
    private readonly accepts: Accepts,
    /** Answer as a stream even when there is only the answer: the client asked for progress. */
    private readonly preferStream: boolean,
    requestId: string,
    private readonly now: () => number,
    private readonly observer: StreamObserver,
  ) {
    this.writtenAt = now();
    this.headers = ['X-Request-Id', requestId];
  }

  get streams(): boolean {
    return this.accepts.sse;
  }

  notify(message: string, kind: NotificationKind): void {
    if (!this.done && this.streams && !this.response.destroyed) this.openStream().send(message, kind);
  }

  end(message: string, error?: WireError): void {
    if (this.done) return;
    this.done = true;
    if (this.response.destroyed) return; // a session's client that went away (S16): a stream opened now would never close
    if (this.stream !== undefined) this.stream.end(message);
    else if ((this.preferStream && error === undefined) || !this.accepts.json) {
      if (error === undefined || httpStatus(error, this.era) === 200) this.openStream().end(message);
      else this.sendJson(message, error);
    } else this.sendJson(message, error);
  }

  /** 202: the call was cancelled, so there is nothing to say and nobody who waits. */
  abandon(): void {
    if (this.done) return;
    this.done = true;
    if (this.stream !== undefined) this.stream.end();
    else if (!this.response.headersSent) this.response.writeHead(202, [...this.headers, 'Content-Length', '0']).end();
  }

  keepAlive(): void {
    if (this.done || !this.streams) return;
    const stream = this.openStream();
    stream.keepAlive();
    this.writtenAt = stream.writtenAt;
  }

  private openStream(): SseStream {
    this.stream ??= new SseStream(this.response, this.headers, this.now, this.observer);
    this.writtenAt = this.now();
    return this.stream;
  }

  private sendJson(message: string, error: WireError | undefined): void {
    sendJson(
      this.response,
      error === undefined ? 200 : httpStatus(error, this.era),
      message,
      error === undefined ? this.headers : [...this.headers, ...errorHeaders(error)],
    );
  }
}

export function sendJson(response: ServerResponse, status: number, body: string, headers: readonly string[]): void {
  if (writeJsonHead(response, status, body, headers)) response.end(body);
}

function writeJsonHead(response: ServerResponse, status: number, body: string, headers: readonly string[]): boolean {
  if (response.headersSent || response.destroyed) return false;
  response.writeHead(status, [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(Buffer.byteLength(body)),
    ...headers,
  ]);
  return true;
}

/** An error that is not the answer to a dispatched request. */
export function sendError(
  response: ServerResponse,
  error: WireError,
  era: Era,
  id: RequestId | undefined,
  headers: readonly string[],
): void {
  const status = httpStatus(error, era);
  const body = errorMessage(id, error);
  const allHeaders = [...headers, ...errorHeaders(error)];
  if (!(error instanceof BodyTooLargeError)) sendJson(response, status === 200 ? 400 : status, body, allHeaders);
  else if (writeJsonHead(response, status, body, allHeaders)) {
    response.write(body);
    lingeringClose(response);
  }
}
