import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock } from '@mcp-cluster/kernel';
import { EventStream } from './event-stream.js';
import { responseHeaders } from './forward-headers.js';
import { sendError } from './rpc-error.js';

/**
 * Bytes of a body of known length that is collected before its head is sent: until then another node can still answer,
 * or one clean error. One socket read: collecting 200 KB costs more than twice the processor time of passing it on, and a
 * node that has an answer seldom dies in the millisecond that it takes to send. Larger ones pass as they come.
 */
export const MAX_COLLECTED_BYTES = 64 * 1024;
/** Bytes up to which copying an answer is cheaper than writing it as a piece of its own. */
const SMALL_BYTES = 16_384;

/** Half of the shortest time after which a node may be told to close a reader that takes nothing (S20). */
const STALLED_MS = 500;
/** Milliseconds in which what the kernel held of a closed connection is read through, once its client reads on. */
const NOTICED_MS = 1_000;

/** Where the bytes come from, which can be made to wait. */
export interface Flow {
  pause(): void;
  resume(): void;
}

/** What all answers of a manager share. */
export interface AnswerContext {
  /** For bodies that are collected in more than one piece; what does not fit passes as it comes. */
  readonly collected: { take(bytes: number): boolean; give(bytes: number): void };
  readonly clock: Clock;
  /** Bytes may wait for the client from now on: it is closed if it stops to take them. Once for each response. */
  guardStalled(res: ServerResponse): void;
}

export function isEventStream(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.startsWith('text/event-stream') === true;
}

/** What the client gets of one request: a head and then a body, collected or as it comes, or events. */
export class ClientAnswer {
  /** The answer is an event stream that has begun. */
  events: EventStream | undefined;
  /** The client has read slower than its node wrote, so that the node had to wait. */
  heldUp = false;
  private heldSince: number | undefined;
  /** Monotonic milliseconds of the end of the last stall. */
  private stalledAt = Number.NEGATIVE_INFINITY;
  status = 0;
  private headers: IncomingHttpHeaders | undefined;
  private pieces: Buffer[] = NO_PIECES;
  /** Bytes of a collected body that are to come. */
  private remaining = 0;
  private guarded = false;

  constructor(
    private readonly context: AnswerContext,
    private readonly res: ServerResponse,
    private readonly requestId: string,
  ) {}

  /** What the client knows of the answer: nothing yet, a part of a body, or the events so far. */
  get stage(): 'nothing' | 'body' | 'events' {
    if (this.events !== undefined) return 'events';
    return this.res.headersSent ? 'body' : 'nothing';
  }

  /** The client does not read what was written. */
  get backedUp(): boolean {
    return this.res.writableNeedDrain;
  }

  /**
   * The client takes nothing for longer than a node may bear, or did so a moment ago: while it is held up nothing is read
   * from the node, so that a node which closed the connection is noticed only when the client reads on.
   */
  get stalled(): boolean {
    const now = this.context.clock.monotonic();
    return now - this.stalledAt < NOTICED_MS || now - (this.heldSince ?? now) >= STALLED_MS;
  }

  /** The body that was collected. */
  get collectedBody(): Buffer {
    return this.pieces.length === 1 && this.pieces[0] !== undefined ? this.pieces[0] : Buffer.concat(this.pieces);
  }

  /**
   * The head of a node's answer, when the client has none yet.
   * @param session, @param batch as SentEvents takes them
   */
  begin(status: number, headers: IncomingHttpHeaders, session: boolean, batch: boolean): void {
    this.status = status;
    this.headers = headers;
    if (isEventStream(headers)) {
      this.events = new EventStream(session, batch);
      this.writeHead();
      this.guard();
      // The client learns that its stream is open now, not with the first event.
      this.res.flushHeaders();
      return;
    }
    const length = headers['content-length'];
    this.remaining = length === undefined ? Infinity : Number(length);
    if (this.remaining > MAX_COLLECTED_BYTES) this.writeHead();
  }

  /** @returns whether a collected body is whole now, so that `send` is due */
  take(chunk: Buffer, flow: Flow): boolean {
    if (this.events !== undefined) {
      const bytes = this.events.take(chunk);
      if (bytes !== undefined) this.write(bytes, flow);
      return false;
    }
    if (!this.res.headersSent && this.collect(chunk)) return this.remaining <= 0;
    this.write(chunk, flow);
    return false;
  }

  /** Sends a collected answer. */
  send(): void {
    this.writeHead();
    if (this.pieces.length > 1) {
      // Together in one write, without a copy.
      this.res.cork();
      for (const piece of this.pieces) this.res.write(piece);
      this.res.end();
      this.guardRest();
    } else this.endWith(this.collectedBody);
  }

  /** The node's answer has ended in good order. */
  end(): void {
    if (this.stage === 'nothing') {
      this.send();
      return;
    }
    const rest = this.events?.end();
    if (rest === undefined) this.res.end();
    else this.res.end(rest);
  }

  /** Ends an event stream with something of our own. */
  endEvents(text: string): void {
    this.res.end((this.events?.cut() ?? '') + text);
    this.guardRest();
  }

  /** Its node is lost: what it had half said is forgotten. */
  cut(): void {
    this.pieces = NO_PIECES;
    const separator = this.events?.cut() ?? '';
    if (separator !== '') this.res.write(separator);
  }

  /** Half a JSON body: only a broken connection says that it is not the whole. */
  destroy(): void {
    this.res.destroy();
  }

  /** One error as the whole answer. */
  fail(status: number, body: string, headers: readonly string[]): void {
    this.status = status;
    sendError(this.res, status, body, ['x-request-id', this.requestId, ...headers]);
    this.guardRest();
  }

  /** Calls back when the client has taken what was written: at once if it has. */
  whenTaken(then: () => void): void {
    if (this.backedUp) this.res.once('drain', then);
    else then();
  }

  /** Keeps a piece, if there is room for all of them. */
  private collect(chunk: Buffer): boolean {
    if (this.pieces.length === 0) {
      const whole = this.remaining;
      // Most come in one piece, which costs nothing more than passing it on.
      if (chunk.length < whole) {
        if (!this.context.collected.take(whole)) {
          this.writeHead();
          return false;
        }
        this.res.once('close', () => {
          this.context.collected.give(whole);
        });
      }
      this.pieces = [chunk];
    } else this.pieces.push(chunk);
    this.remaining -= chunk.length;
    return true;
  }

  private writeHead(): void {
    this.res.writeHead(this.status, responseHeaders(this.headers ?? {}, this.requestId));
  }

  private write(bytes: Buffer, flow: Flow): void {
    if (this.res.write(bytes)) return;
    // The client reads slower than the node writes: the node waits too, and nothing piles up here.
    this.heldUp = true;
    this.heldSince = this.context.clock.monotonic();
    this.guard();
    flow.pause();
    this.res.once('drain', () => {
      const now = this.context.clock.monotonic();
      if (now - (this.heldSince ?? now) >= STALLED_MS) this.stalledAt = now;
      this.heldSince = undefined;
      flow.resume();
    });
  }

  /** With the head it leaves in one write. */
  private endWith(body: Buffer): void {
    // Node joins a text to the head, but writes a buffer as a piece of its own, which costs more for small
    // answers. Latin-1 maps every byte to one character and back.
    if (body.length === 0) this.res.end();
    else if (body.length <= SMALL_BYTES) this.res.end(body.toString('latin1'), 'latin1');
    else this.res.end(body);
    this.guardRest();
  }

  /** From now on the client has to take what waits for it. */
  private guard(): void {
    if (this.guarded) return;
    this.guarded = true;
    this.context.guardStalled(this.res);
  }

  /** After the end of an answer: nearly all are with the kernel already, and cost no timer. */
  private guardRest(): void {
    if (this.res.writableLength > 0) this.guard();
  }
}

const NO_PIECES: Buffer[] = [];
