import type { StreamKind } from './stream-observer.js';

/** A stream counts as active when it carried an event in this time. Comments are none: they only keep it open. */
const ACTIVE_MS = 10_000;

/** A connection that carries a stream, as far as the gauges look at it. */
export interface OpenStream {
  readonly kind: StreamKind;
  /** Monotonic milliseconds of the last event. */
  readonly eventAt: number;
  /** Bytes that wait for the reader in this process. */
  readonly waiting: number;
  /** More waits than the connection takes without making its writer wait. */
  readonly backedUp: boolean;
}

/** What the open streams are like at one moment. */
export interface OpenReadings {
  readonly open: Readonly<Record<StreamKind, number>>;
  /** Those of which an event was sent in the last 10 s. */
  readonly active: Readonly<Record<StreamKind, number>>;
  readonly stalled: number;
  readonly bufferedBytes: number;
}

/** The connections that carry streams now. Nothing is counted while they work: the scrape looks at them. */
export class OpenStreams {
  private readonly streams = new Set<OpenStream>();

  add(stream: OpenStream): void {
    this.streams.add(stream);
  }

  delete(stream: OpenStream): void {
    this.streams.delete(stream);
  }

  get size(): number {
    return this.streams.size;
  }

  read(now: number): OpenReadings {
    const open = { call: 0, listen: 0, session: 0 };
    const active = { call: 0, listen: 0, session: 0 };
    let stalled = 0;
    let bufferedBytes = 0;
    for (const stream of this.streams) {
      open[stream.kind] += 1;
      if (stream.eventAt > now - ACTIVE_MS) active[stream.kind] += 1;
      if (stream.backedUp) stalled += 1;
      bufferedBytes += stream.waiting;
    }
    return { open, active, stalled, bufferedBytes };
  }
}
