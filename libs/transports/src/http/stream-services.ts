import type { Clock, Rng } from '@mcp-cluster/kernel';
import { StreamIds } from './event-id.js';
import { KeepAlive } from './keep-alive.js';
import { OpenStreams, type OpenReadings } from './open-streams.js';
import { StreamShelf } from './stream-shelf.js';
import { DEFAULT_STALL_MS } from './stall-guard.js';
import { UNOBSERVED, type StreamObserver } from './stream-observer.js';

/** S14: proxies commonly cut a connection that is quiet for 30 or 60 s. */
export const DEFAULT_KEEP_ALIVE_MS = 15_000;

export interface StreamServicesOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly keepAliveMs?: number | undefined;
  readonly stallMs?: number | undefined;
  readonly observer?: StreamObserver | undefined;
}

/** What a node's streams are like at one moment. */
export interface StreamReadings extends OpenReadings {
  /** Bytes that are kept for clients that may come back. */
  readonly logBytes: number;
}

/** What all streams of one transport share. */
export class StreamServices {
  readonly now: () => number;
  readonly stallMs: number;
  readonly observer: StreamObserver;
  readonly ids: StreamIds;
  readonly open = new OpenStreams();
  readonly keepAlive: KeepAlive;
  readonly shelf: StreamShelf;

  constructor({ clock, rng, keepAliveMs, stallMs, observer }: StreamServicesOptions) {
    this.now = () => clock.monotonic();
    this.stallMs = stallMs ?? DEFAULT_STALL_MS;
    this.observer = observer ?? UNOBSERVED;
    this.ids = new StreamIds(rng);
    this.keepAlive = new KeepAlive(clock, keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS);
    this.shelf = new StreamShelf(clock, () => {
      this.observer.evicted('node');
    });
  }

  read(): StreamReadings {
    return { ...this.open.read(this.now()), logBytes: this.shelf.bytes };
  }
}
