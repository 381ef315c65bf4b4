import {
  Code,
  errorMessage,
  isOutage,
  readMessage,
  WireError,
  type ArchivedStream,
  type Dispatcher,
  type NotificationKind,
  type Reply,
  type Session,
  type StreamArchive,
} from '@mcp-cluster/protocol';
import { ArchivedTail } from './archived-tail.js';
import type { Cursor } from './event-id.js';
import type { HttpCall } from './http-call.js';
import { Lineage } from './lineage.js';
import type { ResumableStream } from './resumable-stream.js';
import { SessionStreams } from './session-streams.js';
import { SseResponse } from './sse-response.js';
import type { StreamServices } from './stream-services.js';

const LOST = 'Internal error: the node that ran this call was lost; its outcome is unknown';
const MISSED = 'Internal error: events of this call are not kept any more; its outcome is unknown';

/** Nodes that a call may cost: after that the call itself is taken for what ends them, and is not run again. */
const MAX_RUNS = 3;

/** What came of a client's wish to resume a stream that is not here. */
export type Resumption = 'followed' | 'taken_over' | 'unknown' | 'unavailable';

/**
 * Serves streams that other nodes began (reliability.md, section 3). While the writer lives, its events are passed on.
 * When its lease is over, exactly one node claims the stream and goes on with it: a request that may run again is run
 * again, and its client sees rising progress and one answer; any other ends with one error that says that the outcome
 * is unknown.
 */
export class StreamTakeover {
  constructor(
    private readonly services: StreamServices,
    private readonly archive: StreamArchive,
    private readonly dispatcher: Dispatcher,
  ) {}

  /** Resolves as soon as it is known whether the stream can be resumed; the rest goes on in the background. */
  async resume(call: HttpCall, session: Session, cursor: Cursor): Promise<Resumption> {
    try {
      return await this.tryToResume(call, session, cursor);
    } catch (thrown) {
      if (isOutage(thrown)) return 'unavailable';
      throw thrown;
    }
  }

  private async tryToResume(call: HttpCall, session: Session, cursor: Cursor): Promise<Resumption> {
    let archived = await this.archive.read(session.id, cursor.stream, cursor.seq);
    if (archived === undefined || call.response.destroyed) return 'unknown';
    const place = new Lineage(archived.epoch, archived.ends).placeOf(cursor, archived.last);
    // Who has the answer has nothing to come back for; some clients would ask for ever.
    if (place === undefined || (archived.answered && place === archived.last)) return 'unknown';
    // A cursor beyond the end of its epoch: what it missed begins earlier than what was read.
    if (place < cursor.seq) archived = (await this.archive.read(session.id, cursor.stream, place)) ?? archived;
    const connection = this.connect(call);
    const orphan = !archived.answered && !archived.ownerAlive;
    const found = archived;
    this.services.background.run('stream takeover', async () => {
      try {
        await this.serve(session, connection, found, place);
      } catch (thrown) {
        connection.destroy('archive_lost'); // its client comes again
        if (!isOutage(thrown)) throw thrown;
      }
    });
    return orphan ? 'taken_over' : 'followed';
  }

  private connect(call: HttpCall): SseResponse {
    const { services } = this;
    const connection = new SseResponse(call.response, call.headers, 'call', services);
    services.keepAlive.add(connection);
    call.response.once('close', () => {
      services.keepAlive.delete(connection);
    });
    return connection;
  }

  private async serve(session: Session, connection: SseResponse, first: ArchivedStream, place: number): Promise<void> {
    const tail = new ArchivedTail(this.services, this.archive, connection, first, place);
    if (SessionStreams.primes(session)) tail.prime(first);
    connection.flush();
    if (place < first.lostUpTo && !first.answered) {
      const error = new WireError(Code.InternalError, MISSED, { outcome: 'unknown' });
      connection.endWith(`event: message\ndata: ${errorMessage(first.birth.requestId, error)}\n\n`, 'overflow');
      return;
    }
    let archived: ArchivedStream | undefined = first;
    while (archived !== undefined && (await tail.follow(archived)) === 'orphaned') {
      if (await this.claim(session, connection, archived, tail.place)) return;
      // Another node was first: its events are passed on.
      archived = await this.archive.read(session.id, first.birth.stream, tail.place);
    }
  }

  /** Makes this node the writer, and goes on. False when another one was first. */
  private async claim(
    session: Session,
    connection: SseResponse,
    { birth, epoch }: ArchivedStream,
    place: number,
  ): Promise<boolean> {
    // Read before it is claimed: between a claim and a read that fails, the stream would be a living node's that knows
    // nothing of it, and its client would wait for ever.
    const before = await this.archive.read(session.id, birth.stream, 0);
    if (before?.epoch !== epoch) return false;
    const claimed = await this.archive.claim(session.id, birth.stream, epoch);
    if (claimed === undefined) return false;
    // What a writer without a lease still added in between nobody has seen: the new run says it again.
    const whole = { ...before, ...claimed, ends: [...before.ends, claimed.last] };
    const streams = SessionStreams.of(session, this.services);
    const stream = streams.adoptCall(this.archive, whole);
    if (connection.open) stream.attach(connection, place, true);
    this.goOn(session, stream, whole);
    return true;
  }

  private goOn(session: Session, stream: ResumableStream, { birth, epoch, events }: ArchivedStream): void {
    const again = epoch <= MAX_RUNS ? birth.request : undefined;
    const message = again === undefined ? undefined : readMessage(JSON.parse(again));
    if (message?.kind !== 'request') {
      const error = new WireError(Code.InternalError, LOST, { outcome: 'unknown' });
      stream.end(errorMessage(birth.requestId, error));
      return;
    }
    const reply = new TakenOverReply(stream, highestProgress(events));
    const exchange = this.dispatcher.request(message, session, reply, `${birth.stream.slice(1, 12)}.again`);
    stream.onFenced = () => {
      exchange.cancel('another node has taken the call over');
    };
  }
}

/** Where a call speaks that this node runs again: to the stream of its first run. */
class TakenOverReply implements Reply {
  readonly streams = true;
  readonly again = true;

  constructor(
    private readonly stream: ResumableStream,
    readonly progressAbove: number | undefined,
  ) {}

  notify(message: string, kind: NotificationKind): void {
    this.stream.send(message, kind);
  }

  end(message: string): void {
    this.stream.end(message);
  }

  closeConnection(): boolean {
    this.stream.poll();
    return true;
  }

  abandon(): void {
    this.stream.abandon('cancelled');
  }
}

/** What the client may have seen of progress: the log keeps the latest. */
function highestProgress(events: ArchivedStream['events']): number | undefined {
  const latest = events.findLast(({ kind }) => kind === 'progress');
  if (latest === undefined) return undefined;
  const { params } = JSON.parse(latest.message) as { params?: { progress?: unknown } };
  return typeof params?.progress === 'number' ? params.progress : undefined;
}
