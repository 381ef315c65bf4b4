import type { ServerResponse } from 'node:http';
import type { Exchange, NotificationKind, Reply, Session, Splice, WireError } from '@mcp-cluster/protocol';
import type { Accepts } from './accept.js';
import type { HttpCall } from './http-call.js';
import { sendJson } from './json-answer.js';
import type { Quiet } from './keep-alive.js';
import { ResumableStream } from './resumable-stream.js';
import { SessionStreams } from './session-streams.js';
import { SseResponse } from './sse-response.js';
import { SseStream } from './sse-stream.js';
import { closeStalled } from './stall-guard.js';
import { errorHeaders, httpStatus } from './status.js';
import type { StreamServices } from './stream-services.js';

export interface HttpReplyOptions {
  /** Answer as a stream even when there is only the answer: the client asked for progress. */
  readonly preferStream: boolean;
  readonly kind: 'call' | 'listen';
  /** The session of the request: the stream of its answer can be resumed. */
  readonly session: Session | undefined;
  /** The request as JSON, if another node may run it again; asked only when a session's stream is opened. */
  readonly again?: () => string | undefined;
  /** What the client has had of this call already, from a node that was lost. */
  readonly splice?: Splice | undefined;
}

/**
 * The HTTP answer to one request. It becomes one JSON body, or an event stream as soon as something has to be
 * said before the answer (S02), or when nothing was said for so long that a proxy might cut it. The stream of a
 * session's call outlives its connection (S16).
 */
export class HttpReply implements Reply, Quiet {
  writtenAt: number;
  /** Headers of the answer, flat. */
  readonly headers: string[];
  done = false;
  private readonly response: ServerResponse;
  private readonly accepts: Accepts;
  private readonly receivedAt: number;
  private stream: SseStream | ResumableStream | undefined;
  private answered: Exchange | undefined;

  constructor(
    private readonly call: HttpCall,
    private readonly services: StreamServices,
    private readonly options: HttpReplyOptions,
  ) {
    this.response = call.response;
    this.accepts = call.accepts;
    this.writtenAt = this.receivedAt = services.now();
    this.headers = [...call.headers];
  }

  get streams(): boolean {
    return this.accepts.sse;
  }
  get again(): boolean {
    return this.options.splice !== undefined;
  }
  get progressAbove(): number | undefined {
    return this.options.splice?.progressAbove;
  }

  /** The exchange that is answered: it stops when another node has taken its stream over. */
  set exchange(exchange: Exchange) {
    this.answered = exchange;
  }

  notify(message: string, kind: NotificationKind): void {
    if (this.canSay) this.openStream().send(message, kind);
  }

  /** One of several answers, before the last one (a batch). */
  part(answer: string): void {
    if (!this.canSay) return;
    const stream = this.openStream();
    if (stream instanceof ResumableStream) stream.sendAnswer(answer);
    else stream.send(answer, 'change');
  }

  end(message: string, error?: WireError): void {
    if (this.done) return;
    this.done = true;
    if (this.stream !== undefined) this.stream.end(message);
    else if (this.response.destroyed)
      return; // a session's client that went away (S16) before it could come back
    else if ((this.options.preferStream && error === undefined) || !this.accepts.json) {
      if (error === undefined || httpStatus(error, this.call.era) === 200) this.openStream().end(message);
      else this.sendJson(message, error);
    } else this.sendJson(message, error);
  }

  /** 202: the call was cancelled, so there is nothing to say and nobody who waits. */
  abandon(): void {
    if (this.done) return;
    this.done = true;
    if (this.stream !== undefined) this.stream.abandon('cancelled');
    else if (!this.response.headersSent) this.response.writeHead(202, [...this.headers, 'Content-Length', '0']).end();
  }

  closeConnection(): boolean {
    const { session } = this.options;
    if (session === undefined || !SessionStreams.primes(session) || !this.canSay) return false;
    const stream = this.openStream();
    if (!(stream instanceof ResumableStream)) return false;
    stream.poll();
    return true;
  }

  /**
   * Opens the stream of a call that has begun and will be answered by a stream: from now on its client can come back,
   * also when the connection breaks before anything is said. Costs nothing where it cannot.
   */
  prime(): void {
    const { preferStream, session } = this.options;
    if (preferStream && session !== undefined && SessionStreams.primes(session) && this.canSay) this.openStream();
  }

  keepAlive(): void {
    if (!this.done && this.streams) this.openStream().keepAlive();
  }

  private get canSay(): boolean {
    return !this.done && this.streams && (this.stream !== undefined || !this.response.destroyed);
  }

  private openStream(): SseStream | ResumableStream {
    this.writtenAt = this.services.now();
    this.stream ??= this.makeStream();
    return this.stream;
  }

  private makeStream(): SseStream | ResumableStream {
    const { call, services, receivedAt } = this;
    const { kind, session, again } = this.options;
    const connection = new SseResponse(this.response, this.headers, kind, services, receivedAt);
    if (session === undefined) return new SseStream(connection, services.observer);
    const stream = SessionStreams.of(session, services).openCall(call.id, again?.());
    stream.onFenced = () => {
      this.answered?.cancel('another node has taken the call over');
    };
    stream.attach(connection, 0);
    return stream;
  }

  private sendJson(message: string, error: WireError | undefined): void {
    const { response, headers } = this;
    if (error === undefined) sendJson(response, 200, message, headers);
    else sendJson(response, httpStatus(error, this.call.era), message, [...headers, ...errorHeaders(error)]);
    // Nearly every answer is taken at once, and is spared the timer.
    if (response.writableLength > 0) closeStalled(response, this.services.stallMs);
  }
}
