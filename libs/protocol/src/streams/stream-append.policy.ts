import { FILL_AFTER_TRIM, tooLarge, type ArchiveLimits } from './archive-limits.js';
import type { Append, AppendResult, LoggedEvent, StreamBirth } from './stream-archive.js';

/** A stream in an archive. It is replaced, never changed. */
export interface KeptStream {
  readonly birth: StreamBirth;
  /** The node that may write it. */
  readonly owner: string;
  readonly epoch: number;
  /** 0 where an archive lost everything and nobody knew the end: then no place in that epoch is taken for known. */
  readonly ends: readonly number[];
  readonly last: number;
  readonly lostUpTo: number;
  readonly answered: boolean;
  readonly events: readonly LoggedEvent[];
}

/** Whose append it is. */
export interface Writer {
  readonly owner: string;
  /** The ends of the epochs before its own; undefined when it does not know. */
  readonly ends: readonly number[] | undefined;
}

/**
 * What an append makes of a stream. The script of the Redis archive does the same.
 * @param before undefined when the archive knows nothing of the stream
 * @throws LocalError `event_too_large`
 */
export function appended(
  before: KeptStream | undefined,
  append: Append,
  writer: Writer,
  limits: ArchiveLimits,
): KeptStream | Exclude<AppendResult, 'kept'> {
  if (before !== undefined && outranks(before, append.epoch, writer.owner)) return 'fenced';
  const start = before?.epoch === append.epoch ? before : begun(before, append, writer);
  if (start === undefined || start.last < append.after) return 'behind';

  // A reply that was lost makes the writer send again what is here already.
  const added = append.events.filter(({ seq }) => seq > start.last);
  const isCall = append.birth.requestId !== undefined;
  const answerAt = added.findIndex(({ kind }) => kind === 'answer');
  // After the answer of a call nothing may come; the parts of a batch come one by one.
  if (isCall && (start.answered ? added.length > 0 : answerAt >= 0 && answerAt < added.length - 1)) return 'fenced';

  const { kept, trimmedUpTo } = trim(merge(start.events, added), limits);
  // What is up to `start.last` was here once, so only a loss after it tells something new.
  const told = append.lostUpTo > start.last ? append.lostUpTo : 0;
  const lostUpTo = Math.max(start.lostUpTo, told, trimmedUpTo);
  const answered = start.answered || (isCall && answerAt >= 0);
  return {
    ...start,
    // It will not be run again.
    birth: answered ? { ...start.birth, request: undefined } : start.birth,
    // Never below what a client may have seen: a later writer would use a number twice.
    last: Math.max(start.last, added.at(-1)?.seq ?? 0, lostUpTo, start.ends.at(-1) ?? 0),
    lostUpTo,
    answered,
    events: kept,
  };
}

/** A newer node writes it, or another one in the same epoch after the archive lost a claim, or it was answered. */
function outranks(before: KeptStream, epoch: number, owner: string): boolean {
  if (before.epoch === epoch) return before.owner !== owner;
  return before.epoch > epoch || before.answered;
}

/** The stream as a writer begins it that the archive does not know (any more). */
function begun(before: KeptStream | undefined, append: Append, writer: Writer): KeptStream | undefined {
  if (append.after > 0) return undefined;
  const first = append.events.at(0)?.seq;
  const base = { birth: append.birth, owner: writer.owner, epoch: append.epoch, answered: false };
  if (writer.ends === undefined) {
    const known = before?.ends ?? [];
    const ends = Array.from({ length: append.epoch - 1 }, (_, index) => known[index] ?? 0);
    return { ...base, ends, last: 0, lostUpTo: first === undefined ? (before?.last ?? 0) : first - 1, events: [] };
  }
  // Of what is there only the first writer's part is for certain what this one took over: two nodes may have claimed
  // the same epoch, before and after a claim was lost.
  const [firstEnd = 0] = writer.ends;
  const found = before?.epoch === 1 ? before : undefined;
  const last = Math.min(found?.last ?? 0, firstEnd);
  const unknownUpTo = Math.min((first ?? Infinity) - 1, writer.ends.at(-1) ?? 0);
  return {
    ...base,
    ends: writer.ends,
    last,
    lostUpTo: Math.max(Math.min(found?.lostUpTo ?? 0, last), unknownUpTo > last ? unknownUpTo : 0),
    events: (found?.events ?? []).filter(({ seq }) => seq <= last),
  };
}

/** Of progress only the latest says anything. */
function merge(events: readonly LoggedEvent[], added: readonly LoggedEvent[]): LoggedEvent[] {
  const all = [...events, ...added];
  const progress = all.findLast(({ kind }) => kind === 'progress');
  return all.filter((event) => event.kind !== 'progress' || event === progress);
}

function trim(events: LoggedEvent[], limits: ArchiveLimits): { kept: LoggedEvent[]; trimmedUpTo: number } {
  const answers = events.reduce((sum, { kind, bytes }) => sum + (kind === 'answer' ? bytes : 0), 0);
  if (answers > limits.maxAnswerBytes) throw tooLarge('another answer', limits.maxAnswerBytes);
  const others = events.filter(({ kind }) => kind !== 'answer' && kind !== 'progress');
  let bytes = others.reduce((sum, event) => sum + event.bytes, 0);
  let count = others.length;
  if (count <= limits.maxEvents && bytes <= limits.maxBytes) return { kept: events, trimmedUpTo: 0 };

  const gone = new Set<LoggedEvent>();
  let trimmedUpTo = 0;
  for (const event of others) {
    const fits = count <= limits.maxEvents * FILL_AFTER_TRIM && bytes <= limits.maxBytes * FILL_AFTER_TRIM;
    if (fits || count === 1) break;
    gone.add(event);
    count -= 1;
    bytes -= event.bytes;
    if (event.kind !== 'log') trimmedUpTo = event.seq;
  }
  return { kept: events.filter((event) => !gone.has(event)), trimmedUpTo };
}
