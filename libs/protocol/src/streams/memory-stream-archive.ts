import { asError, BoundedMap, type Clock } from '@mcp-cluster/kernel';
import { sessionMark } from '../session/session-seal.js';
import { ARCHIVE_LIMITS, checkAppendSize, type ArchiveLimits } from './archive-limits.js';
import { ClaimedStreams } from './claimed-streams.js';
import { appended, type KeptStream } from './stream-append.policy.js';
import type { Append, AppendResult, ArchivedStream, StreamArchive } from './stream-archive.js';

/** Streams of one process; above that the one that was written longest ago goes. */
const MAX_STREAMS = 10_000;

interface Shelf {
  readonly stream: KeptStream;
  /** Monotonic milliseconds. */
  readonly until: number;
}

/** Streams in the memory of one process, for nodes that run in it together. Each of them has its own view. */
export class MemoryStreamArchive {
  private readonly streams = new BoundedMap<string, Shelf>(MAX_STREAMS);
  private readonly gone = new Set<string>();

  constructor(
    private readonly clock: Clock,
    readonly limits: ArchiveLimits = ARCHIVE_LIMITS,
  ) {}

  /** What one life of a node sees. A later life of it is another owner. */
  as(owner: string): StreamArchive {
    return new View(this, owner);
  }

  /** The lease of a node is over: it is not alive any more to anybody who reads one of its streams. */
  lose(owner: string): void {
    this.gone.add(owner);
  }

  alive(owner: string): boolean {
    return !this.gone.has(owner);
  }

  /** @returns what brings everything back as it is now, as a replica would that got nothing since */
  snapshot(): () => void {
    const then = [...this.streams];
    return () => {
      this.clear();
      for (const [key, shelf] of then) this.streams.set(key, shelf);
    };
  }

  clear(): void {
    for (const [key] of [...this.streams]) this.streams.delete(key);
  }

  get(key: string): KeptStream | undefined {
    const shelf = this.streams.get(key);
    if (shelf === undefined || this.clock.monotonic() < shelf.until) return shelf?.stream;
    this.streams.delete(key);
    return undefined;
  }

  set(key: string, stream: KeptStream): void {
    this.streams.set(key, { stream, until: this.clock.monotonic() + this.limits.keepMs });
  }

  delete(key: string): void {
    this.streams.delete(key);
  }
}

class View implements StreamArchive {
  private readonly claimed = new ClaimedStreams();

  constructor(
    private readonly archive: MemoryStreamArchive,
    private readonly owner: string,
  ) {}

  append(append: Append): Promise<AppendResult> {
    try {
      return Promise.resolve(this.appendNow(append));
    } catch (thrown) {
      return Promise.reject(asError(thrown));
    }
  }

  read(session: string, stream: string, after: number): Promise<ArchivedStream | undefined> {
    const kept = this.archive.get(keyOf(session, stream));
    if (kept === undefined) return Promise.resolve(undefined);
    const { owner, events, ...rest } = kept;
    const ownerAlive = this.archive.alive(owner);
    return Promise.resolve({ ...rest, ownerAlive, events: events.filter(({ seq }) => seq > after) });
  }

  claim(session: string, stream: string, epoch: number): Promise<{ epoch: number; last: number } | undefined> {
    const key = keyOf(session, stream);
    const kept = this.archive.get(key);
    if (kept?.epoch !== epoch || kept.answered) return Promise.resolve(undefined);
    const ends = [...kept.ends, kept.last];
    this.archive.set(key, { ...kept, owner: this.owner, epoch: epoch + 1, ends });
    this.claimed.note(key, ends);
    return Promise.resolve({ epoch: epoch + 1, last: kept.last });
  }

  forget(session: string, stream: string, epoch: number): Promise<void> {
    const key = keyOf(session, stream);
    this.claimed.delete(key);
    const kept = this.archive.get(key);
    if (kept?.epoch === epoch && kept.owner === this.owner) this.archive.delete(key);
    return Promise.resolve();
  }

  renew(streams: readonly { readonly session: string; readonly stream: string }[]): Promise<void> {
    for (const { session, stream } of streams) {
      const key = keyOf(session, stream);
      const kept = this.archive.get(key);
      if (kept?.owner === this.owner) this.archive.set(key, kept);
    }
    return Promise.resolve();
  }

  private appendNow(append: Append): AppendResult {
    checkAppendSize(append, this.archive.limits);
    const { birth, epoch } = append;
    const key = keyOf(birth.session, birth.stream);
    const writer = { owner: this.owner, ends: this.claimed.before(key, epoch) };
    const after = appended(this.archive.get(key), append, writer, this.archive.limits);
    if (typeof after === 'string') return after;
    this.archive.set(key, after);
    return 'kept';
  }
}

function keyOf(session: string, stream: string): string {
  return `${sessionMark(session)}:${stream}`;
}
