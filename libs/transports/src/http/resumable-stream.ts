import { failpoint } from '@mcp-cluster/kernel';
import {
  Code,
  errorMessage,
  WireError,
  type LoggedEvent,
  type NotificationKind,
  type RequestId,
} from '@mcp-cluster/protocol';
import { eventId, type Cursor, type ResumableKind } from './event-id.js';
import type { SseResponse } from './sse-response.js';
import type { LogOwner, StreamLog } from './stream-log.js';
import type { CloseReason, ResumeResult, StreamObserver } from './stream-observer.js';
import type { Shelved } from './stream-shelf.js';

/** Milliseconds after which a client comes back: quick enough for a person, slow enough for a node that is full. */
export const RETRY_MS = 500;

const LOST =
  'Internal error: questions of this call were lost while the client did not read them; its outcome is unknown';

export interface ResumableStreamOptions {
  readonly id: string;
  readonly kind: ResumableKind;
  /**
   * Begin each connection with an event of an id and no data, so that a client can come back before there was a
   * message (SEP-1699). Clients of revisions before 2025-11-25 take its empty data for a broken message.
   */
  readonly primed: boolean;
  /** The request that it answers, for an error of our own. */
  readonly request: RequestId | undefined;
  readonly observer: StreamObserver;
  /** Where its events are kept. */
  readonly openLog: (owner: LogOwner) => StreamLog;
}

/** Who looks after streams that have no connection. */
export interface StreamOwner {
  /** The client has gone in the middle of the stream. */
  away(stream: ResumableStream): void;
  /** Nothing will be added. `answered` when there is an answer to come back for. */
  ended(stream: ResumableStream, answered: boolean): void;
  /** Nobody can come back any more. */
  forgotten(stream: ResumableStream): void;
}

/**
 * A stream of the session era: it outlives its connections (S16). What is said goes to the log, and the connection of
 * the moment, if there is one, is a reader of the log that may fall behind. So a slow reader and an absent one
 * cost the same, which the log bounds, and a client that comes back goes on where its last event was.
 */
export class ResumableStream implements LogOwner, Shelved {
  readonly id: string;
  readonly kind: ResumableKind;
  /** Called when another node has taken the stream over: its call must stop here. */
  onFenced: (() => void) | undefined;
  private readonly log: StreamLog;
  /** The connection was not told its place yet, because the stream cannot be found by others yet. */
  private unprimed = false;
  private pollWhenPrimed = false;
  private connection: SseResponse | undefined;
  /** The last event that was written to this connection, and to any. */
  private cursor = 0;
  private written = 0;
  private ended = false;
  private answered = false;
  private draining = false;

  constructor(
    private readonly options: ResumableStreamOptions,
    private readonly owner: StreamOwner,
  ) {
    this.id = options.id;
    this.kind = options.kind;
    this.log = options.openLog(this);
  }

  get bytes(): number {
    return this.log.bytes;
  }
  /** A client is reading, as far as we know. */
  get connected(): boolean {
    return this.connection !== undefined;
  }
  /** Where a client goes on that says no place of its own. */
  get position(): number {
    return this.written;
  }
  /** The first place from which on everything is kept that a client had to hear of. */
  get lostUpTo(): number {
    return this.log.lostUpTo;
  }

  /** The number of the event that a client of this cursor has seen last; undefined when there can be no such client. */
  placeOf(cursor: Cursor): number | undefined {
    return this.log.lineage.placeOf(cursor, this.log.last);
  }

  /** Whether something that a client had to hear of after this event is not kept any more. */
  misses(seq: number): boolean {
    return seq < this.log.lostUpTo;
  }

  send(message: string, kind: NotificationKind): void {
    if (!this.ended) this.log.append(message, kind);
  }

  /** One of several answers (a batch). */
  sendAnswer(message: string): void {
    if (!this.ended) this.log.append(message, 'answer');
  }

  /** The last message. */
  end(message: string): void {
    if (this.ended) return;
    this.ended = this.answered = true;
    this.log.append(message, 'answer');
    this.owner.ended(this, true);
  }

  /** Ends without an answer: nobody wants it any more. */
  abandon(reason: CloseReason): void {
    if (this.ended) return;
    this.ended = true;
    this.disconnect(reason);
    this.owner.ended(this, false);
  }

  /**
   * Serves the stream on a connection, from the event after `seq` on. Another connection that still has it is closed:
   * the client would not ask again if that one worked.
   * @param toldPlace the connection has had its priming event
   */
  attach(connection: SseResponse, seq: number, toldPlace = false): ResumeResult {
    // In good order: a reset would look to the manager like the death of this node.
    this.detach()?.end('resumed_elsewhere');
    this.connection = connection;
    this.cursor = seq;
    this.draining = this.pollWhenPrimed = false;
    connection.onClosed = () => {
      if (this.connection === connection) this.leave();
    };
    if (this.ended && seq === this.log.last) {
      // The client has the answer. One that asks all the same is told once that there is no more; some would ask for
      // ever (the SDK's 1.x clients do so after an error), so from then on it is refused.
      this.disconnect('answered');
      this.log.discard();
      this.forget();
      return 'live';
    }
    // On every connection: a client whose connection breaks again before a message would have forgotten its place.
    this.unprimed = this.options.primed && !toldPlace;
    this.prime();
    // What is missed matters no more when there is an answer: it was asked on the way to it.
    if (this.misses(seq) && !this.answered && this.kind === 'call') {
      this.fail(connection);
      return 'refused';
    }
    const result = seq < this.log.last ? 'replayed' : 'live';
    this.pump();
    return result;
  }

  /** Makes sure that this node still writes the stream; if not, the connection ends and its client comes again. */
  check(): void {
    if (!this.ended) this.log.check();
  }

  /** Closes the connection for a while: the client comes back (SEP-1699). */
  poll(): void {
    // Without its place the client could not come back.
    if (this.unprimed) this.pollWhenPrimed = true;
    else this.disconnect('polling');
  }

  /** Nobody can come back to it any more. A connection that still reads gets the rest. */
  forget(): void {
    this.owner.forgotten(this);
    // What has an answer may still be fetched from where other nodes find it.
    if (!this.answered) this.log.discard();
    if (this.connection === undefined) this.log.clear();
  }

  keepAlive(): void {
    this.connection?.keepAlive();
  }

  fenced(): void {
    this.onFenced?.();
    this.ended = true; // an answer that no other node has heard of is none
    this.disconnect('resumed_elsewhere');
    this.owner.ended(this, false);
  }

  readable(): void {
    this.prime();
    const { connection } = this;
    if (connection === undefined) return;
    if (this.misses(this.cursor)) {
      this.leave();
      connection.destroy('overflow'); // an honest end: coming back it hears that it has missed something
    } else this.pump();
  }

  gaveUp(event: LoggedEvent): void {
    if (event.seq > this.written) this.options.observer.dropped(event.kind as NotificationKind);
  }

  /** Tells the connection its place, once others can find it. */
  private prime(): void {
    if (!this.unprimed || !this.log.opened || this.connection?.open !== true) return;
    this.unprimed = false;
    this.connection.write(`id: ${this.idOf(this.cursor)}\nretry: ${String(RETRY_MS)}\ndata: \n\n`);
    failpoint('stream.primed');
    if (!this.pollWhenPrimed) return;
    this.pollWhenPrimed = false;
    this.disconnect('polling');
  }

  private idOf(seq: number): string {
    return eventId(this.id, this.log.lineage.epochOf(seq), seq);
  }

  private leave(): void {
    this.detach();
    this.owner.away(this);
  }

  private detach(): SseResponse | undefined {
    const { connection } = this;
    this.connection = undefined;
    return connection;
  }

  /** Ends the connection in good order, if there is one. */
  private disconnect(reason: CloseReason): void {
    this.detach()?.end(reason);
  }

  /** Writes what the connection has room for. */
  private pump(): void {
    const { connection } = this;
    if (connection === undefined || this.unprimed || !connection.open) return;
    for (const event of this.log.after(this.cursor)) {
      if (connection.full) {
        this.pumpOnDrain(connection);
        return;
      }
      this.cursor = event.seq;
      this.written = Math.max(this.written, event.seq);
      const text = `id: ${this.idOf(event.seq)}\nevent: message\ndata: ${event.message}\n\n`;
      if (this.ended && event.seq === this.log.last) {
        this.detach();
        connection.endWith(text, 'answered');
        return;
      }
      connection.event(text);
    }
  }

  private pumpOnDrain(connection: SseResponse): void {
    if (this.draining) return;
    this.draining = true;
    connection.onDrain(() => {
      if (this.connection !== connection) return;
      this.draining = false;
      this.pump();
    });
  }

  /** One explicit end for a client that has missed what it cannot get any more. The call itself goes on. */
  private fail(connection: SseResponse): void {
    this.detach();
    this.ended = true;
    const error = new WireError(Code.InternalError, LOST, { outcome: 'unknown' });
    connection.endWith(`event: message\ndata: ${errorMessage(this.options.request, error)}\n\n`, 'overflow');
    this.forget();
  }
}
