import { preview, toWireError, type ListKind, type Session } from '@mcp-cluster/protocol';
import { readAccept } from './accept.js';
import { readCursor, type Cursor } from './event-id.js';
import type { HttpCall } from './http-call.js';
import type { ResumableStream } from './resumable-stream.js';
import { SessionStreams } from './session-streams.js';
import type { HttpSessionStream } from './session-stream.js';
import { SseResponse } from './sse-response.js';
import type { StreamServices } from './stream-services.js';
import type { ResumeResult } from './stream-observer.js';
import type { Resumption, StreamTakeover } from './stream-takeover.js';

const LISTS: readonly ListKind[] = ['tools', 'prompts', 'resources'];
/** Bytes of resource names that are repeated to a client that was away: within what a log keeps. */
const CATCH_UP_BYTES = 128 * 1024;

const OPEN_ALREADY = 'this session has its stream open already';

/** HTTP GET in a session: opens its own stream, or resumes any of its streams (SEP-1699). */
export class SessionGet {
  constructor(
    private readonly services: StreamServices,
    /** For streams that are not here; undefined where nodes share none. */
    private readonly takeover: StreamTakeover | undefined,
  ) {}

  serve(call: HttpCall, session: Session): void {
    const { accept, 'last-event-id': given } = call.request.headers;
    if (!readAccept(accept).sse) {
      call.refuse(406, `Accept: expected text/event-stream, got ${preview(accept)}`);
      return;
    }
    const streams = SessionStreams.of(session, this.services);
    // An empty id is what an EventSource has before its first event.
    if (given === undefined || given === '') this.open(call, session, streams);
    else this.resume(call, session, streams, given);
  }

  private open(call: HttpCall, session: Session, streams: SessionStreams): void {
    const own = streams.ownStream;
    if (own?.stream.connected === true) {
      call.refuse(409, OPEN_ALREADY); // S3: the first one keeps working
      return;
    }
    const { stream } = own ?? streams.openOwn();
    // One that was away and names no place gets what was never sent to it.
    if (own !== undefined && stream.misses(stream.position)) this.begin(call, session, own);
    else this.attach(call, stream, stream.position);
  }

  private resume(call: HttpCall, session: Session, streams: SessionStreams, given: string | string[]): void {
    const cursor = typeof given === 'string' ? readCursor(given) : undefined;
    if (cursor === undefined) {
      this.refuse(call, 400, `Last-Event-ID: expected an id that this server gave, got ${preview(given)}`);
      return;
    }
    if (cursor.kind === 'session') {
      this.resumeOwn(call, session, streams, cursor);
      return;
    }
    const stream = streams.find(cursor.stream);
    const place = stream?.placeOf(cursor);
    if (stream !== undefined && place !== undefined) this.services.observer.resumed(this.attach(call, stream, place));
    else if (stream === undefined && this.takeover !== undefined) this.takeOver(call, session, cursor, this.takeover);
    else this.refuseUnknown(call);
  }

  private takeOver(call: HttpCall, session: Session, cursor: Cursor, takeover: StreamTakeover): void {
    this.services.background.run('stream takeover', async () => {
      let result: Resumption;
      try {
        result = await takeover.resume(call, session, cursor);
      } catch (thrown) {
        call.fail(toWireError(thrown), undefined);
        throw thrown; // to be counted and logged
      }
      if (result === 'unknown') this.refuseUnknown(call);
      else if (result === 'unavailable') {
        this.services.observer.resumed('unavailable');
        call.headers.push('Retry-After', '1');
        call.refuse(503, 'what other nodes keep of this stream cannot be looked up now; come again');
      } else this.services.observer.resumed(result);
    });
  }

  private resumeOwn(call: HttpCall, session: Session, streams: SessionStreams, cursor: Cursor): void {
    const own = streams.ownStream;
    if (own?.stream.id === cursor.stream) {
      const place = own.stream.placeOf(cursor);
      if (place === undefined) this.refuseUnknown(call);
      else if (own.stream.misses(place)) this.begin(call, session, own);
      else this.services.observer.resumed(this.attach(call, own.stream, place));
    } else if (own?.stream.connected === true) this.refuse(call, 409, OPEN_ALREADY);
    // Of a node that is gone, or away for too long: nobody knows what it has missed.
    else this.begin(call, session, streams.openOwn());
  }

  /** Begins anew, with a change of everything in the place of the changes that were lost. */
  private begin(call: HttpCall, session: Session, own: HttpSessionStream): void {
    for (const list of LISTS) own.notify(message(`notifications/${list}/list_changed`));
    let bytes = 0;
    for (const uri of session.subscriptions) {
      bytes += Buffer.byteLength(uri);
      if (bytes > CATCH_UP_BYTES) break;
      own.notify(message('notifications/resources/updated', { uri }));
    }
    this.attach(call, own.stream, own.stream.lostUpTo);
    this.services.observer.resumed('fresh');
  }

  private attach(call: HttpCall, stream: ResumableStream, seq: number): ResumeResult {
    const { services } = this;
    const connection = new SseResponse(call.response, call.headers, stream.kind, services);
    services.keepAlive.add(connection);
    call.response.once('close', () => {
      services.keepAlive.delete(connection);
    });
    if (stream.kind === 'session') services.shelf.run(stream);
    const result = stream.attach(connection, seq);
    // While this node hung another one may have taken the stream over: then nothing would come here any more.
    if (stream.kind === 'call') stream.check();
    // After the first events, which so leave with the head: a client whose connection breaks between the two would have
    // lost its place.
    connection.flush();
    return result;
  }

  /** Says the same of an id that never was, one that was forgotten and another session's. */
  private refuseUnknown(call: HttpCall): void {
    this.refuse(call, 400, 'Last-Event-ID: no such event in this session, or not any more');
  }

  private refuse(call: HttpCall, status: number, why: string): void {
    this.services.observer.resumed('refused');
    call.refuse(status, why);
  }
}

function message(method: string, params?: object): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params });
}
