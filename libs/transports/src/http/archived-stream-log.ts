import { errorCode, failpoint, LocalError, type Background, type Clock } from '@mcp-cluster/kernel';
import {
  isOutage,
  type ArchivedStream,
  type EventKind,
  type LoggedEvent,
  type StreamArchive,
  type StreamBirth,
} from '@mcp-cluster/protocol';
import type { Lineage } from './lineage.js';
import { MemoryStreamLog, type LogOwner, type StreamLog } from './stream-log.js';

/** Milliseconds between two tries to reach an archive that could not be reached. */
const RETRY_MS = 500;
/** Events of one write: what comes faster than an archive takes it goes in the next. */
const BATCH_EVENTS = 256;

export interface ArchivedLogParts {
  readonly archive: StreamArchive;
  readonly clock: Clock;
  readonly background: Background;
  /** Told while the log is in use: whoever renews it in the archive. */
  readonly live: Set<ArchivedStreamLog>;
}

/**
 * A log that other nodes can go on with: an event is in the archive before it can be read here, so that no client has
 * seen an event that only this node knows. Writes are one at a time; what is said meanwhile goes together in the next,
 * of progress the latest only. An archive that cannot be reached stops nothing: events are read from memory at once,
 * and are archived when it is there again.
 */
export class ArchivedStreamLog implements StreamLog {
  private readonly memory: MemoryStreamLog;
  /** The last event that may be read, and the last that the archive has. */
  private visible = 0;
  private acknowledged = 0;
  private writing = false;
  private kept = false;
  /** The archive cannot be reached, or does not take this stream: it is in memory only. */
  private apart = false;
  private done = false;
  private checking = false;

  /** @param restored what the archive has of a stream that another node began; its claim gave this lineage */
  constructor(
    readonly birth: StreamBirth,
    readonly lineage: Lineage,
    private readonly owner: LogOwner,
    private readonly parts: ArchivedLogParts,
    restored?: ArchivedStream,
  ) {
    this.memory = new MemoryStreamLog({ readable: this.added, gaveUp: (event) => { owner.gaveUp(event); } }, lineage); // prettier-ignore
    parts.live.add(this);
    if (restored === undefined) {
      this.flush();
      return;
    }
    this.memory.restore(restored.events, restored.last, restored.lostUpTo);
    this.visible = this.acknowledged = restored.last;
    this.kept = true;
  }

  get opened(): boolean {
    return this.kept || this.apart;
  }
  get last(): number {
    return this.memory.last;
  }
  get lostUpTo(): number {
    return this.memory.lostUpTo;
  }
  get bytes(): number {
    return this.memory.bytes;
  }

  append(message: string, kind: EventKind): void {
    if (!this.done) this.memory.append(message, kind);
  }

  *after(seq: number): Generator<LoggedEvent> {
    for (const event of this.memory.after(seq)) {
      if (event.seq > this.visible) return;
      yield event;
    }
  }

  check(): void {
    this.checking = true;
    this.flush();
  }

  discard(): void {
    this.stop();
    const { archive, background } = this.parts;
    const { session, stream } = this.birth;
    background.run('stream archive', async () => {
      try {
        await archive.forget(session, stream, this.lineage.epoch);
      } catch (thrown) {
        if (!isOutage(thrown)) throw thrown; // it goes by itself, a little later
      }
    });
  }

  clear(): void {
    this.stop();
    this.memory.clear();
  }

  private readonly added = (): void => {
    if (this.apart) this.reveal(this.memory.last);
    else this.flush();
  };

  private flush(): void {
    if (this.writing || this.done) return;
    this.writing = true;
    this.parts.background.run('stream archive', async () => {
      try {
        await this.write();
      } catch (thrown) {
        this.goApart(thrown);
      } finally {
        this.writing = false;
      }
    });
  }

  /** Writes until everything is there. */
  private async write(): Promise<void> {
    const { archive } = this.parts;
    let lost = false;
    for (;;) {
      const events = this.unwritten();
      if (this.done || (this.kept && events.length === 0 && !lost && !this.checking)) return;
      this.checking = false;
      const { birth, acknowledged: after } = this;
      const result = await archive.append({ birth, epoch: this.lineage.epoch, after, events, lostUpTo: this.lostUpTo });
      if (result === 'fenced') {
        this.stop();
        this.owner.fenced();
        return;
      }
      if (result === 'behind') {
        if (lost) throw new LocalError('store_unavailable', 'the archive loses what it is told');
        lost = true;
        this.acknowledged = 0;
        continue;
      }
      lost = false;
      this.written(events);
    }
  }

  private unwritten(): LoggedEvent[] {
    const events: LoggedEvent[] = [];
    for (const event of this.memory.after(this.acknowledged)) {
      events.push(event);
      if (events.length === BATCH_EVENTS) break;
    }
    return events;
  }

  private written(events: readonly LoggedEvent[]): void {
    if (!this.kept) failpoint('stream.opened');
    if (events.at(-1)?.kind === 'answer') failpoint('stream.answered');
    this.kept = true;
    this.apart = false;
    this.acknowledged = events.at(-1)?.seq ?? this.acknowledged;
    this.reveal(Math.max(this.visible, this.acknowledged));
  }

  private goApart(thrown: unknown): void {
    const tooLarge = errorCode(thrown) === 'event_too_large';
    if (!isOutage(thrown) && !tooLarge) throw thrown;
    this.apart = true;
    this.reveal(this.memory.last);
    if (tooLarge) return;
    this.parts.clock.after(RETRY_MS, () => {
      this.flush();
    });
  }

  private reveal(seq: number): void {
    this.visible = seq;
    this.owner.readable();
  }

  private stop(): void {
    this.done = true;
    this.parts.live.delete(this);
  }
}
