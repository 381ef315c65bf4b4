import type { Rng } from '@mcp-cluster/kernel';

/**
 * `call`: the answer to one request. `session`: a session's own stream (HTTP GET). The id says which, because a
 * cursor of a session's stream that nobody knows any more has another remedy than one of a call's.
 */
export type ResumableKind = 'call' | 'session';

/** A place in one stream: after its event with this number. */
export interface Cursor {
  /** The id of the stream. */
  readonly stream: string;
  readonly kind: ResumableKind;
  /** Which of the nodes that wrote the stream one after another had written the event, from 1. */
  readonly epoch: number;
  /** 0 is the beginning. */
  readonly seq: number;
}

const LETTERS: Readonly<Record<ResumableKind, string>> = { call: 'c', session: 's' };
const EPOCH_BYTES = 6;
const STREAM_BYTES = 16;
/** A letter, then 22 bytes in base64url. 15 digits are safe integers, and no stream gets that far. */
const EVENT_ID = /^([cs][A-Za-z0-9_-]{30})\.([1-9]\d{0,5})\.(0|[1-9]\d{0,14})$/;

/**
 * Makes ids of streams: a letter, the epoch of this process, 128 random bits. A cursor that outlived its process
 * thus never finds a stream of the next one, and nobody can guess another one's.
 */
export class StreamIds {
  private readonly epoch: Buffer;

  constructor(private readonly rng: Rng) {
    this.epoch = rng.bytes(EPOCH_BYTES);
  }

  next(kind: ResumableKind): string {
    return LETTERS[kind] + Buffer.concat([this.epoch, this.rng.bytes(STREAM_BYTES)]).toString('base64url');
  }
}

/** The id that an event carries: what a client sends back as `Last-Event-ID`. */
export function eventId(stream: string, epoch: number, seq: number): string {
  return `${stream}.${String(epoch)}.${String(seq)}`;
}

/** The cursor of an event id, or undefined when it cannot be one of ours. */
export function readCursor(text: string): Cursor | undefined {
  const match = EVENT_ID.exec(text);
  const [, stream, epoch, seq] = match ?? [];
  if (stream === undefined || epoch === undefined || seq === undefined) return undefined;
  const kind = stream.startsWith(LETTERS.call) ? 'call' : 'session';
  return { stream, kind, epoch: Number(epoch), seq: Number(seq) };
}
