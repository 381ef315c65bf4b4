import { EventGate } from './event-gate.js';
import { eventsIn, SentEvents } from './sent-events.js';

const HEAD = Buffer.from('event: message\ndata: ');
const END = Buffer.from('\n\n');
const LINE_BREAKS = /[\r\n]/g;

/** Whether the client has an event already that another node begins with. */
export type IsKnown = (event: string) => boolean;

/** The events of one answer, from one node or from several, one after another. */
export class EventStream {
  readonly sent: SentEvents;
  private readonly gate = new EventGate();
  private isKnown: IsKnown | undefined;
  /** The node that goes on answers with one JSON body: it becomes one event. */
  private body: 'none' | 'expected' | 'begun' = 'none';

  /** As SentEvents takes them. */
  constructor(session: boolean, batch: boolean) {
    this.sent = new SentEvents(session, batch);
  }

  /** @returns what the client gets of it now */
  take(chunk: Buffer): Buffer | undefined {
    return this.pass(this.body === 'none' ? chunk : this.asEvent(chunk));
  }

  /** The stream ends in good order: what the client gets besides. */
  end(): Buffer | undefined {
    const event = this.body === 'begun' ? this.pass(END) : undefined;
    return event ?? this.gate.flush();
  }

  /**
   * The node is lost: what it had half said is forgotten.
   * @returns what has to be written before anything else
   */
  cut(): string {
    this.body = 'none';
    return this.gate.cut();
  }

  /**
   * Another node goes on.
   * @param asEvents false when it answers with a JSON body
   * @param isKnown asked about its first event
   */
  goOn(asEvents: boolean, isKnown: IsKnown | undefined): void {
    this.body = asEvents ? 'none' : 'expected';
    this.isKnown = isKnown;
  }

  private pass(chunk: Buffer): Buffer | undefined {
    let bytes = this.gate.push(chunk);
    if (bytes === undefined || this.gate.torn) return bytes;
    const large = this.gate.takeLarge();
    if (large !== undefined) this.sent.noteLarge(large);
    if (this.isKnown !== undefined) bytes = this.withoutKnown(bytes, this.isKnown);
    if (bytes.length === 0) return undefined;
    this.sent.note(bytes);
    return bytes;
  }

  /** A body of our nodes has no line breaks; in anybody's they could only be space between values. */
  private asEvent(chunk: Buffer): Buffer {
    const text = Buffer.from(chunk.toString('latin1').replace(LINE_BREAKS, ' '), 'latin1');
    if (this.body === 'begun') return text;
    this.body = 'begun';
    return Buffer.concat([HEAD, text]);
  }

  private withoutKnown(bytes: Buffer, isKnown: IsKnown): Buffer {
    // Latin-1 maps every byte to one character and back.
    const events = eventsIn(bytes.toString('latin1'));
    const first = events.findIndex((event) => !event.startsWith(':'));
    if (first === -1) return bytes;
    this.isKnown = undefined;
    if (!isKnown(events[first] ?? '')) return bytes;
    events.splice(first, 1);
    return Buffer.from(events.join(''), 'latin1');
  }
}
