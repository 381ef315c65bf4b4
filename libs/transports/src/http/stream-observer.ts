import type { NotificationKind } from '@mcp-cluster/protocol';

/** `call`: the answer to a request. `listen`: subscriptions/listen of 2026-07-28. `session`: a session's own stream. */
export const STREAM_KINDS = ['call', 'listen', 'session'] as const;
export type StreamKind = (typeof STREAM_KINDS)[number];

/**
 * Why the connection of a stream ended.
 * - `answered`: the answer was sent
 * - `cancelled`: the client cancelled the call
 * - `client_closed`: the client went away, or the network did
 * - `stalled`: the reader took nothing for too long
 * - `overflow`: the reader was too slow for what it must not miss
 * - `polling`: the tool closed it for a while (SEP-1699)
 * - `resumed_elsewhere`: the client came back on another connection
 * - `session_ended`: with its session
 * - `drained`: this node is leaving
 * - `archive_lost`: what other nodes keep of the stream cannot be read any more
 */
export const CLOSE_REASONS = [
  'answered',
  'cancelled',
  'client_closed',
  'stalled',
  'overflow',
  'polling',
  'resumed_elsewhere',
  'session_ended',
  'drained',
  'archive_lost',
] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];

/**
 * What became of a `Last-Event-ID`.
 * - `replayed`: events that the client had missed were sent
 * - `live`: it had missed nothing
 * - `fresh`: the session's stream began anew, with a change of each list in the place of what was lost
 * - `followed`: another node writes the stream, and this one passes it on
 * - `taken_over`: the node that wrote the stream is gone, and this one goes on with it
 * - `refused`: it names no event of this session
 * - `unavailable`: what other nodes keep cannot be looked up now
 */
export const RESUME_RESULTS = [
  'replayed',
  'live',
  'fresh',
  'followed',
  'taken_over',
  'refused',
  'unavailable',
] as const;
export type ResumeResult = (typeof RESUME_RESULTS)[number];

/** Which bound made a finished stream be forgotten before its time. */
export const EVICTION_BOUNDS = ['session', 'node'] as const;
export type EvictionBound = (typeof EVICTION_BOUNDS)[number];

/** Told of what happens to streams, for metrics. Must not throw. */
export interface StreamObserver {
  /** A connection ended. */
  closed(kind: StreamKind, reason: CloseReason): void;
  /** The first message of a stream went out, so many milliseconds after its request had come. */
  firstEvent(kind: StreamKind, ms: number): void;
  /** A notification was given up that its reader never got. */
  dropped(kind: NotificationKind): void;
  resumed(result: ResumeResult): void;
  evicted(bound: EvictionBound): void;
}

const nothing = (): void => undefined;

/** For transports that nobody watches. */
export const UNOBSERVED: StreamObserver = {
  closed: nothing,
  firstEvent: nothing,
  dropped: nothing,
  resumed: nothing,
  evicted: nothing,
};
