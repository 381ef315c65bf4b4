import type { NotificationKind } from '../exchange/reply.js';
import type { RequestId } from '../wire/message.js';

/** `answer`: a result or error of the request, which is never dropped. */
export type EventKind = NotificationKind | 'answer';

export interface LoggedEvent {
  /** Rising from 1 within a stream, also over the nodes that write it one after another. */
  readonly seq: number;
  readonly kind: EventKind;
  readonly message: string;
  /** Of the message in UTF-8. */
  readonly bytes: number;
}

/** What every node has to know of a stream to go on with it. */
export interface StreamBirth {
  readonly stream: string;
  /** The id of the session whose stream it is: only with it is the stream found (reliability.md, S1). */
  readonly session: string;
  /** The request that the stream answers, as JSON, if it may be run again on another node; else undefined. */
  readonly request: string | undefined;
  /** Its id, for an error in the place of its answer; undefined for a batch. */
  readonly requestId: RequestId | undefined;
}

/** A stream as it is kept outside of the process that writes it. */
export interface ArchivedStream {
  readonly birth: StreamBirth;
  /** Counts the nodes that have written it, from 1: only the one of the newest epoch may write. */
  readonly epoch: number;
  /** The last event of each epoch before this one, oldest first: `ends[0]` is that of epoch 1. */
  readonly ends: readonly number[];
  /** The number of the last event; 0 before the first. */
  readonly last: number;
  /** The last event that a client had to hear of and that is not kept any more. */
  readonly lostUpTo: number;
  /** There is an answer: nothing will be added. */
  readonly answered: boolean;
  /** The node that writes it holds its lease. False: it is gone, or cut off from the archive. */
  readonly ownerAlive: boolean;
  /** What is kept after the asked place, oldest first. */
  readonly events: readonly LoggedEvent[];
}

/**
 * - `kept`: everything up to the last event is there
 * - `fenced`: another node has taken the stream over: this one must say nothing more
 * - `behind`: the archive lost events that it had. Nothing was added: send everything again that is still known
 */
export type AppendResult = 'kept' | 'fenced' | 'behind';

/** Events to append, with what makes it safe. */
export interface Append {
  readonly birth: StreamBirth;
  readonly epoch: number;
  /** The last event that the archive acknowledged to this writer; 0 to send everything (a new stream, or `behind`). */
  readonly after: number;
  /** Rising; gaps are where progress was replaced before it was written. */
  readonly events: readonly LoggedEvent[];
  /** As the writer knows it. */
  readonly lostUpTo: number;
}

/**
 * Keeps streams for other nodes: an event is here before it is written to a connection, so that whatever a client has
 * seen another node knows. Bounded: about 1,000 events a stream, the oldest go first; a stream is kept 5 min after its
 * last event, or while its owner renews it.
 *
 * Each call rejects with LocalError `store_unavailable` when the archive cannot be reached, after 250 ms at the latest.
 */
export interface StreamArchive {
  /** Adds events, and the stream when it is new or was lost. Exactly what `after` and `epoch` allow, or nothing. */
  append(append: Append): Promise<AppendResult>;
  /** @param after only events after this one are given */
  read(session: string, stream: string, after: number): Promise<ArchivedStream | undefined>;
  /**
   * Makes this node the writer, if the stream is still in that epoch and has no answer: exactly one of several that try
   * succeeds. The new epoch, whose first event is the one after `last`; undefined when another was first.
   */
  claim(session: string, stream: string, epoch: number): Promise<{ epoch: number; last: number } | undefined>;
  /** Nobody will come back to it. Only its writer says so. */
  forget(session: string, stream: string, epoch: number): Promise<void>;
  /** Streams that this node writes and that say nothing for a while are kept all the same. */
  renew(streams: readonly { readonly session: string; readonly stream: string }[]): Promise<void>;
}
