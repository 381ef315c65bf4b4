import type { EventKind, LoggedEvent } from '@mcp-cluster/protocol';
import { Lineage } from './lineage.js';

/**
 * The events of one stream, kept for a client that comes back. An event is kept before it is written to a
 * connection, and connections read from here: whoever keeps events elsewhere too (another process) calls `readable`
 * when that is done, and until then the event is not seen by `after`.
 */
export interface StreamLog {
  /** Who wrote which of its events. */
  readonly lineage: Lineage;
  /** A client may be told of the stream: whoever keeps it elsewhere too can find it. `readable` is called when it may. */
  readonly opened: boolean;
  /** The number of the last event that can be read; 0 before the first. */
  readonly last: number;
  /** The last event that a client had to hear of and that is not kept any more: earlier cursors have missed it. */
  readonly lostUpTo: number;
  /** Bytes of what is kept. */
  readonly bytes: number;
  append(message: string, kind: EventKind): void;
  /** What is kept after an event, oldest first. */
  after(seq: number): Iterable<LoggedEvent>;
  /** Nothing will be read any more. */
  clear(): void;
  /** Nobody may come back to it, on any node. */
  discard(): void;
  /** Finds out whether another node has taken the stream over; `fenced` is called if so. */
  check(): void;
}

/** What a log tells its stream. */
export interface LogOwner {
  /** There is more to read. */
  readable(): void;
  /** An event is not kept any more: later progress has taken its place, or there was no room. */
  gaveUp(event: LoggedEvent): void;
  /** Another node writes the stream from now on: here, nothing may be said any more. */
  fenced(): void;
}

/** Log messages: what a person reads afterwards, not worth more than this for each call. */
export const MAX_LOG_BYTES = 64 * 1024;
/** Questions and changes: as much as may wait for a slow reader. */
export const MAX_KEPT_BYTES = 256 * 1024;
/** Equal changes are kept once, so only a session with more subscriptions than it may have could fill this. */
export const MAX_KEPT_EVENTS = 1_024;

/** Events of one kind of bound. */
class Share {
  readonly events = new Map<number, LoggedEvent>();
  bytes = 0;

  constructor(
    private readonly maxBytes: number,
    private readonly maxEvents: number,
  ) {}

  add(event: LoggedEvent): void {
    this.events.set(event.seq, event);
    this.bytes += event.bytes;
  }

  delete(event: LoggedEvent): void {
    if (this.events.delete(event.seq)) this.bytes -= event.bytes;
  }

  /** The oldest, while there is too much. The newest stays whatever its size: else it could never be sent. */
  excess(): LoggedEvent | undefined {
    if (this.events.size < 2 || (this.bytes <= this.maxBytes && this.events.size <= this.maxEvents)) return undefined;
    return this.events.values().next().value;
  }
}

/** A log in this process's memory: bounded, and readable at once. */
export class MemoryStreamLog implements StreamLog {
  readonly opened = true;
  private seq = 0;
  private lost = 0;
  private readonly kept = new Map<number, LoggedEvent>();
  private readonly logs = new Share(MAX_LOG_BYTES, Infinity);
  private readonly musts = new Share(MAX_KEPT_BYTES, MAX_KEPT_EVENTS);
  private readonly changes = new Map<string, LoggedEvent>();
  private progress: LoggedEvent | undefined;
  private size = 0;

  constructor(
    private readonly owner: Pick<LogOwner, 'readable' | 'gaveUp'>,
    readonly lineage: Lineage = Lineage.first,
  ) {}

  /** Takes over what another node has logged, before anything is appended here. */
  restore(events: readonly LoggedEvent[], last: number, lostUpTo: number): void {
    for (const event of events) {
      this.makeWay(event);
      this.kept.set(event.seq, event);
      this.size += event.bytes;
    }
    this.seq = last;
    this.lost = Math.max(this.lost, lostUpTo);
  }

  get last(): number {
    return this.seq;
  }
  get lostUpTo(): number {
    return this.lost;
  }
  get bytes(): number {
    return this.size;
  }

  append(message: string, kind: EventKind): void {
    const event = { seq: (this.seq += 1), kind, message, bytes: Buffer.byteLength(message) };
    this.makeWay(event);
    this.kept.set(event.seq, event);
    this.size += event.bytes;
    this.owner.readable();
  }

  *after(seq: number): Generator<LoggedEvent> {
    // What was kept last is what is mostly asked for: no need to walk through all that came before it.
    if (seq === this.seq - 1) {
      const event = this.kept.get(this.seq);
      if (event !== undefined) yield event;
    } else for (const event of this.kept.values()) if (event.seq > seq) yield event;
  }

  check(): void {
    // Nobody else can have it.
  }

  discard(): void {
    // What is here goes with `clear`.
  }

  clear(): void {
    for (const events of [this.kept, this.logs.events, this.musts.events, this.changes]) events.clear();
    this.progress = undefined;
    this.size = 0;
  }

  /** Gives up what the new event replaces or has no room beside it. */
  private makeWay(event: LoggedEvent): void {
    switch (event.kind) {
      case 'progress':
        if (this.progress !== undefined) this.giveUp(this.progress);
        this.progress = event;
        return;
      case 'log':
        this.logs.add(event);
        for (let old = this.logs.excess(); old !== undefined; old = this.logs.excess()) this.giveUp(old);
        return;
      case 'change': {
        // That something has changed is said once, however often it did: the client looks at what it is now.
        const before = this.changes.get(event.message);
        if (before !== undefined) this.remove(before);
        this.changes.set(event.message, event);
        this.keep(event);
        return;
      }
      case 'ask':
        this.keep(event);
        return;
      case 'answer':
        return;
    }
  }

  private keep(event: LoggedEvent): void {
    this.musts.add(event);
    for (let old = this.musts.excess(); old !== undefined; old = this.musts.excess()) {
      this.lost = old.seq;
      this.giveUp(old);
      if (this.changes.get(old.message) === old) this.changes.delete(old.message);
    }
  }

  private giveUp(event: LoggedEvent): void {
    this.remove(event);
    this.owner.gaveUp(event);
  }

  private remove(event: LoggedEvent): void {
    this.kept.delete(event.seq);
    this.size -= event.bytes;
    this.logs.delete(event);
    this.musts.delete(event);
  }
}
