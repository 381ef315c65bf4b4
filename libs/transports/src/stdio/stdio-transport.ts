import type { Readable, Writable } from 'node:stream';
import { BoundedMap, IdSource, type Rng } from '@mcp-cluster/kernel';
import {
  LOCAL,
  claimedRevision,
  errorMessage,
  invalidRequest,
  MessageError,
  parseError,
  readEnvelope,
  readMessage,
  statelessPeer,
  toWireError,
  type Dispatcher,
  type Exchange,
  type Message,
  type NotificationKind,
  type Reply,
  type RequestId,
  type RequestMessage,
  type Session,
  type SessionStream,
} from '@mcp-cluster/protocol';
import { parseMessage } from '../message-bytes.js';
import { LineOutput } from './line-output.js';

/** Lines longer than this end the connection: the limit of an HTTP body. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;
/** Stateless calls whose cancellation can still be asked for. */
const MAX_CANCELLABLE = 10_000;

export interface StdioTransportOptions {
  readonly dispatcher: Dispatcher;
  readonly rng: Rng;
  readonly input: Readable;
  readonly output: Writable;
  /** Told of notifications that a slow reader did not get. */
  readonly onDropped?: (kind: NotificationKind) => void;
}

/**
 * S01: newline-delimited JSON-RPC of both eras; nothing but messages is written to the output. While the client does
 * not read, nothing is read of it either (S20): it costs the calls that run and no more.
 */
export class StdioTransport {
  private readonly ids: IdSource;
  private readonly output: LineOutput;
  private readonly stateless = new BoundedMap<RequestId, Exchange>(MAX_CANCELLABLE);
  private session: Session | undefined;
  private buffer: Buffer[] = [];
  private buffered = 0;

  constructor(private readonly options: StdioTransportOptions) {
    this.ids = new IdSource(options.rng);
    this.output = new LineOutput(options.output, (kind) => options.onDropped?.(kind));
  }

  /** Serves until the input ends; resolves then. */
  async run(): Promise<void> {
    for await (const chunk of this.options.input) {
      if (!(await this.feed(chunk as Buffer))) break;
    }
    this.session?.close('the input ended');
    for (const exchange of [...this.stateless.values()]) exchange.cancel('the input ended');
  }

  /** False when the line grew too long to go on. */
  private async feed(chunk: Buffer): Promise<boolean> {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      this.buffer.push(chunk.subarray(start, end));
      const line = Buffer.concat(this.buffer);
      this.buffer = [];
      this.buffered = 0;
      if (this.output.full) await this.output.drained();
      if (!isBlank(line)) this.line(line);
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    this.buffered += rest.length;
    if (this.buffered > MAX_LINE_BYTES) {
      this.output.write(errorMessage(undefined, parseError(`a line of more than ${String(MAX_LINE_BYTES)} bytes`)));
      return false;
    }
    if (rest.length > 0) this.buffer.push(rest);
    return true;
  }

  private line(line: Buffer): void {
    let id: RequestId | undefined;
    try {
      const body = parseMessage(line);
      if (Array.isArray(body)) throw invalidRequest('batch: one message a line');
      const message = readMessage(body);
      if (message.kind === 'request') id = message.id;
      this.receive(message);
    } catch (thrown) {
      if (thrown instanceof MessageError) this.output.write(errorMessage(thrown.id, thrown.wire));
      else this.output.write(errorMessage(id, toWireError(thrown)));
    }
  }

  private receive(message: Message): void {
    const { dispatcher } = this.options;
    if (message.kind === 'request') {
      this.request(message);
      return;
    }
    if (message.kind === 'response') {
      if (this.session !== undefined) dispatcher.response(message, this.session);
      return;
    }
    const { requestId, reason } = message.params;
    const cancelled =
      message.method === 'notifications/cancelled' ? this.stateless.get(requestId as RequestId) : undefined;
    if (cancelled === undefined) dispatcher.notification(message, this.session);
    else cancelled.cancel(typeof reason === 'string' ? reason : 'no reason given');
  }

  private request(message: RequestMessage): void {
    const { dispatcher } = this.options;
    const requestId = this.ids.next();
    const reply = new LineReply(this.output);
    if (claimedRevision(message.params) !== undefined) {
      if (this.stateless.has(message.id))
        throw invalidRequest(`id: ${JSON.stringify(message.id)} is still being answered on this connection`);
      const peer = statelessPeer(readEnvelope(message.params), LOCAL);
      const exchange = dispatcher.request(message, peer, reply, requestId);
      if (!exchange.isOpen) return;
      this.stateless.set(message.id, exchange);
      const before = exchange.onEnd;
      exchange.onEnd = () => {
        before?.();
        this.stateless.delete(message.id);
      };
      return;
    }
    if (message.method === 'initialize') {
      dispatcher.initialize(message, LOCAL, reply, requestId, (session) => {
        // A client that begins again leaves its first session: it would hear of every change twice.
        if (this.session !== undefined) void dispatcher.sessions.end(this.session.id);
        this.session = session;
        session.stream = new LineStream(this.output);
      });
      return;
    }
    if (this.session === undefined) {
      const error = invalidRequest('expected initialize first, or the envelope of 2026-07-28 in params._meta');
      this.output.write(errorMessage(message.id, error));
      return;
    }
    dispatcher.request(message, this.session, reply, requestId);
  }
}

/** Every answer of a connection goes to the one output. */
class LineReply implements Reply {
  readonly streams = true;

  constructor(private readonly output: LineOutput) {}

  notify(message: string, kind: NotificationKind): void {
    this.output.notify(message, kind, this);
  }

  end(message: string): void {
    this.output.answer(message, this);
  }

  /** A cancelled request gets no answer. */
  abandon(): void {
    this.output.forget(this);
  }
}

class LineStream implements SessionStream {
  constructor(private readonly output: LineOutput) {}

  notify(message: string): boolean {
    this.output.notify(message, 'change', this);
    return true;
  }

  close(): void {
    // stdout ends with the process.
  }
}

/** Nothing but white space: not a message, and no reason to answer. */
function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09);
}
