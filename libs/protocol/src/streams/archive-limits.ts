import { LocalError } from '@mcp-cluster/kernel';
import type { Append } from './stream-archive.js';

/** What every archive keeps at most, of one stream. */
export interface ArchiveLimits {
  /** Events besides answers and the latest progress. The oldest go first, about a tenth at a time. */
  readonly maxEvents: number;
  /** Bytes of the same events. */
  readonly maxBytes: number;
  /** Bytes of one `append` with its request: what is not small enough to be taken within 250 ms is not taken. */
  readonly maxAppendBytes: number;
  /** Bytes of all answers: a batch has several. */
  readonly maxAnswerBytes: number;
  /** Milliseconds that a stream is kept after its last event or renewal. */
  readonly keepMs: number;
}

/**
 * 1 MiB: three times what the writer itself keeps for a reader who is away. 5 MiB an append: the largest request, 4 MiB,
 * and what is said with it. It is 40 ms at 1 Gbit/s and 25 ms of the store's only thread (measured on a busy machine),
 * so that neither it nor the calls behind it miss their 250 ms: a call that does is taken for a store that hangs. Answers
 * have the same bound, because they are read in one go.
 */
export const ARCHIVE_LIMITS: ArchiveLimits = {
  maxEvents: 1_000,
  maxBytes: 1024 * 1024,
  maxAppendBytes: 5 * 1024 * 1024,
  maxAnswerBytes: 5 * 1024 * 1024,
  keepMs: 5 * 60_000,
};

/** How full a stream may be after something was given up, so that a full one does not give up with each event. */
export const FILL_AFTER_TRIM = 0.9;

/** @throws LocalError `event_too_large` */
export function checkAppendSize({ birth, events }: Append, limits: ArchiveLimits): void {
  const request = Buffer.byteLength(birth.request ?? '');
  const bytes = events.reduce((sum, event) => sum + event.bytes, request);
  if (bytes > limits.maxAppendBytes) throw tooLarge(`an append of ${String(bytes)} bytes`, limits.maxAppendBytes);
}

/** The archive does not take this; the writer goes on without it. */
export function tooLarge(what: string, limit: number): LocalError {
  return new LocalError('event_too_large', `${what} does not fit the archive: at most ${String(limit)}`);
}
