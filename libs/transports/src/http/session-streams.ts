import type { ArchivedStream, RequestId, Session, StreamArchive, StreamBirth } from '@mcp-cluster/protocol';
import type { ResumableKind } from './event-id.js';
import { ResumableStream, type StreamOwner } from './resumable-stream.js';
import { HttpSessionStream } from './session-stream.js';
import type { LogOwner, StreamLog } from './stream-log.js';
import type { StreamServices } from './stream-services.js';

/** Finished streams that one session may come back for: a client with more calls at once reads its answers. */
export const MAX_ENDED_STREAMS = 64;

/** The first revision whose clients understand an event without data (SEP-1699). */
const PRIMED_SINCE = '2025-11-25';

/**
 * The streams of one session. A cursor is looked up here and nowhere else, so that what belongs to another session,
 * and with it to another principal, is never found (reliability.md, S1).
 */
export class SessionStreams implements StreamOwner {
  private readonly calls = new Map<string, ResumableStream>();
  /** In the order in which they ended. */
  private readonly finished = new Set<ResumableStream>();
  private own: HttpSessionStream | undefined;

  private constructor(
    private readonly session: Session,
    private readonly services: StreamServices,
  ) {}

  /** Those of a session; made when the session opens its first stream. */
  static of(session: Session, services: StreamServices): SessionStreams {
    if (session.outlets instanceof SessionStreams) return session.outlets;
    const streams = new SessionStreams(session, services);
    session.outlets = streams;
    return streams;
  }

  static primes(session: Session): boolean {
    return session.revision >= PRIMED_SINCE;
  }

  /**
   * A stream for the answer to one request, or to a batch.
   * @param again the request as JSON, if another node may run it again
   */
  openCall(request: RequestId | undefined, again: string | undefined): ResumableStream {
    const id = this.services.ids.next('call');
    const session = this.session.id;
    // A batch is answered in parts, which nobody can go on with.
    const birth = request === undefined ? undefined : { stream: id, session, request: again, requestId: request };
    return this.keepCall(this.make(id, 'call', request, birth));
  }

  /** A stream that another node began and this one has claimed: it goes on here. */
  adoptCall(archive: StreamArchive, archived: ArchivedStream): ResumableStream {
    const { stream: id, requestId } = archived.birth;
    const openLog = (owner: LogOwner): StreamLog => this.services.restoreLog(owner, archive, archived);
    return this.keepCall(this.build(id, 'call', requestId, openLog));
  }

  /** The session's own stream, which lives until the session ends or its client stays away. */
  openOwn(): HttpSessionStream {
    this.own?.close();
    const own = new HttpSessionStream(this.make(this.services.ids.next('session'), 'session', undefined, undefined));
    this.session.stream = this.own = own;
    return own;
  }

  get ownStream(): HttpSessionStream | undefined {
    return this.own;
  }

  find(id: string): ResumableStream | undefined {
    return this.calls.get(id);
  }

  /** The session has ended: nothing of it stays. */
  close(): void {
    for (const stream of this.calls.values()) {
      stream.abandon('session_ended');
      stream.forget();
    }
    this.own?.stream.abandon('session_ended');
  }

  away(stream: ResumableStream): void {
    if (stream.kind === 'session') this.services.shelf.put(stream);
  }

  ended(stream: ResumableStream, answered: boolean): void {
    if (!answered) {
      stream.forget();
      return;
    }
    this.finished.add(stream);
    this.services.shelf.put(stream);
    if (this.finished.size <= MAX_ENDED_STREAMS) return;
    const [oldest] = this.finished;
    oldest?.forget();
    this.services.observer.evicted('session');
  }

  forgotten(stream: ResumableStream): void {
    this.services.shelf.take(stream);
    this.finished.delete(stream);
    this.calls.delete(stream.id);
    if (this.own?.stream !== stream) return;
    if (this.session.stream === this.own) this.session.stream = undefined;
    this.own = undefined;
  }

  private keepCall(stream: ResumableStream): ResumableStream {
    this.calls.set(stream.id, stream);
    return stream;
  }

  private make(
    id: string,
    kind: ResumableKind,
    request: RequestId | undefined,
    birth: StreamBirth | undefined,
  ): ResumableStream {
    return this.build(id, kind, request, (owner) => this.services.openLog(owner, birth));
  }

  private build(
    id: string,
    kind: ResumableKind,
    request: RequestId | undefined,
    openLog: (owner: LogOwner) => StreamLog,
  ): ResumableStream {
    const { observer, shelf } = this.services;
    const primed = SessionStreams.primes(this.session);
    const stream = new ResumableStream({ id, kind, primed, request, observer, openLog }, this);
    shelf.run(stream);
    return stream;
  }
}
