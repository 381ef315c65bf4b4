import { BoundedMap, type Background } from '@mcp-cluster/kernel';
import {
  ARCHIVE_LIMITS,
  checkAppendSize,
  ClaimedStreams,
  sessionMark,
  tooLarge,
  type Append,
  type AppendResult,
  type ArchivedStream,
  type ArchiveLimits,
  type EventKind,
  type LoggedEvent,
  type RequestId,
  type StreamArchive,
} from '@mcp-cluster/protocol';
import type { Argument, Store } from '../connection/store.js';
import { leasePrefix } from '../lease/node-lease.js';
import { APPEND } from './append.script.js';
import { CLAIM, FORGET, READ, RENEW, UNCLAIM } from './stream.scripts.js';

/** Streams that one script renews: about a millisecond, in which Redis does nothing else. */
const RENEWED_AT_ONCE = 500;

/** Claims without an answer that are taken back. Each is one client coming back while Redis fails. */
const MAX_DOUBTS = 1_000;

const LETTERS: Readonly<Record<EventKind, string>> = { progress: 'p', log: 'l', ask: 'a', change: 'c', answer: 'r' };
const KINDS = new Map(Object.entries(LETTERS).map(([kind, letter]) => [letter, kind as EventKind]));

export interface RedisArchiveOptions {
  /** This life of this node: `<id>/<incarnation>`, as its lease says. */
  readonly owner: string;
  readonly background: Background;
  readonly limits?: ArchiveLimits;
}

/** The fields of a stream's hash that `READ` gives; null where there is none. */
type Fields = [
  epoch: string,
  ends: string,
  last: string,
  lost: string | null,
  answered: string | null,
  owner: string,
  id: string,
  request: string | null,
  progressAt: string | null,
  progress: string | null,
  answer: string | null,
];
type Entry = [id: string, fields: [kind: string, message: string]];

/**
 * Streams in Redis, as one node reads and writes them. A call rejects with LocalError `store_unavailable` or
 * `store_full`, and `append` also with `event_too_large`, after which the writer has to go on without the archive.
 */
export class RedisStreamArchive implements StreamArchive {
  private readonly limits: ArchiveLimits;
  private readonly claimed = new ClaimedStreams();
  private readonly doubts = new BoundedMap<string, string>(MAX_DOUBTS);
  private claims = 0;

  constructor(
    private readonly store: Store,
    private readonly options: RedisArchiveOptions,
  ) {
    this.limits = options.limits ?? ARCHIVE_LIMITS;
    store.onRecovered(() => {
      options.background.run('stream-unclaim', () => this.takeBack());
    });
  }

  async append(append: Append): Promise<AppendResult> {
    checkAppendSize(append, this.limits);
    const { birth, events } = append;
    const keys = this.keys(birth.session, birth.stream);
    const args = this.appendArguments(keys[0], append);
    for (const { seq, kind, message } of events) args.push(seq, LETTERS[kind], message);
    const result = (await this.store.run(APPEND, keys, args)) as AppendResult | 'large';
    if (result === 'large') throw tooLarge('another answer', this.limits.maxAnswerBytes);
    return result;
  }

  async read(session: string, stream: string, after: number): Promise<ArchivedStream | undefined> {
    const args = [after + 1, leasePrefix(this.store)];
    const found = await this.store.run(READ, this.keys(session, stream), args);
    if (found === null) return undefined;
    const [fields, alive, entries] = found as [Fields, number, Entry[]];
    const [epoch, ends, last, lost, answered, , id, request, progressAt, progress, answer] = fields;
    const events = entries.map(readEntry);
    const add = (seq: string | null, kind: EventKind, message: string | null): void => {
      if (message !== null && Number(seq) > after) events.push(loggedEvent(Number(seq), kind, message));
    };
    add(progressAt, 'progress', progress);
    add(answered, 'answer', answer);
    return {
      birth: { stream, session, request: request ?? undefined, requestId: readRequestId(id) },
      epoch: Number(epoch),
      ends: readEnds(ends),
      last: Number(last),
      lostUpTo: Number(lost ?? 0),
      answered: answered !== null,
      ownerAlive: alive === 1,
      events: events.sort((a, b) => a.seq - b.seq),
    };
  }

  async claim(session: string, stream: string, epoch: number): Promise<{ epoch: number; last: number } | undefined> {
    const { owner } = this.options;
    const keys = this.keys(session, stream);
    const token = String((this.claims += 1));
    let answer: unknown;
    try {
      answer = await this.store.run(CLAIM, keys, [epoch, owner, this.limits.keepMs, token]);
    } catch (thrown) {
      this.doubts.set(token, keys[0]);
      throw thrown;
    }
    if (answer === null) return undefined;
    const [claimed, last, ends] = answer as [number, string, string];
    this.claimed.note(keys[0], readEnds(ends));
    return { epoch: claimed, last: Number(last) };
  }

  async forget(session: string, stream: string, epoch: number): Promise<void> {
    const keys = this.keys(session, stream);
    this.claimed.delete(keys[0]);
    await this.store.run(FORGET, keys, [epoch, this.options.owner]);
  }

  async renew(streams: readonly { readonly session: string; readonly stream: string }[]): Promise<void> {
    await this.takeBack();
    // One after another: names of ten thousand streams at once would hold up the event loop.
    for (let start = 0; start < streams.length; start += RENEWED_AT_ONCE) {
      const part = streams.slice(start, start + RENEWED_AT_ONCE);
      const keys = part.flatMap(({ session, stream }) => this.keys(session, stream));
      await this.store.run(RENEW, keys, [this.options.owner, this.limits.keepMs]);
    }
  }

  /** Nobody knows whether these claims were made, so nobody writes these streams: they are free for the next one. */
  private async takeBack(): Promise<void> {
    const doubts = [...this.doubts];
    const back = doubts.map(async ([token, key]) => {
      await this.store.run(UNCLAIM, [key], [this.options.owner, token]);
      this.doubts.delete(token);
    });
    await Promise.all(back);
  }

  private keys(session: string, stream: string): [meta: string, log: string] {
    const mark = sessionMark(session);
    return [this.store.key('stream', mark, stream), this.store.key('stream', mark, stream, 'events')];
  }

  private appendArguments(key: string, { birth, epoch, after, lostUpTo }: Append): Argument[] {
    const { maxEvents, maxBytes, maxAnswerBytes, keepMs } = this.limits;
    // Only a stream that begins, or begins again, needs its birth: requests may be large.
    const begins = after === 0;
    const request = begins ? birth.request : undefined;
    const id = begins && birth.requestId !== undefined ? JSON.stringify(birth.requestId) : '';
    const isCall = birth.requestId === undefined ? 0 : 1;
    const bounds = [keepMs, maxEvents, maxBytes, maxAnswerBytes];
    const ends = this.claimed.before(key, epoch)?.join(',') ?? '?';
    const hasRequest = request === undefined ? 0 : 1;
    return [epoch, this.options.owner, after, lostUpTo, isCall, ...bounds, ends, hasRequest, request ?? '', id];
  }
}

function readEntry([id, [letter, message]]: Entry): LoggedEvent {
  const kind = KINDS.get(letter);
  if (kind === undefined) throw new TypeError(`a kept event has the unknown kind ${letter}`);
  return loggedEvent(Number(id.slice(id.indexOf('-') + 1)), kind, message);
}

function loggedEvent(seq: number, kind: EventKind, message: string): LoggedEvent {
  return { seq, kind, message, bytes: Buffer.byteLength(message) };
}

function readEnds(text: string): number[] {
  return text === '' ? [] : text.split(',').map(Number);
}

function readRequestId(text: string): RequestId | undefined {
  return text === '' ? undefined : (JSON.parse(text) as RequestId);
}
