import type { Clock } from '@mcp-cluster/kernel';

/** How long a client that went away may take to come back: five times what an SDK's client tries on its own. */
export const SHELF_LIFE_MS = 5 * 60_000;
/** Bytes of finished streams that a node keeps: with the smallest pods in mind. */
export const SHELF_BYTES = 64 * 1024 * 1024;
/** What a stream costs besides its messages, so that many empty ones are bounded too (about 1 KB of objects). */
const STREAM_OVERHEAD_BYTES = 1_024;
const SWEEP_MS = 10_000;

/** A stream that waits for its client. */
export interface Shelved {
  /** Bytes of its messages. */
  readonly bytes: number;
  /** Called when it is taken off for its age or for want of room. */
  forget(): void;
}

interface Place {
  readonly since: number;
  readonly bytes: number;
}

/** Streams that wait for clients to come back, and how many bytes all logs of the node hold. */
export class StreamShelf {
  private readonly places = new Map<Shelved, Place>();
  private readonly running = new Set<Shelved>();
  private shelvedBytes = 0;

  constructor(
    private readonly clock: Clock,
    private readonly onEvicted: () => void,
  ) {
    clock.every(SWEEP_MS, () => {
      this.sweep();
    });
  }

  /** Bytes of all logs, of running streams too. */
  get bytes(): number {
    let bytes = 0;
    for (const stream of this.running) bytes += stream.bytes;
    for (const stream of this.places.keys()) bytes += stream.bytes;
    return bytes;
  }
  get size(): number {
    return this.places.size;
  }

  /** A stream whose call runs or whose client reads: only counted, its own bounds hold. */
  run(stream: Shelved): void {
    this.take(stream);
    this.running.add(stream);
  }

  /** Keeps a stream for a while. The oldest go when there is no room, the newest stays whatever its size. */
  put(stream: Shelved): void {
    this.running.delete(stream);
    const bytes = stream.bytes + STREAM_OVERHEAD_BYTES;
    this.places.set(stream, { since: this.clock.monotonic(), bytes });
    this.shelvedBytes += bytes;
    while (this.shelvedBytes > SHELF_BYTES && this.places.size > 1) {
      this.forgetOldest();
      this.onEvicted();
    }
  }

  /** The stream is not this shelf's any more. */
  take(stream: Shelved): void {
    this.running.delete(stream);
    const place = this.places.get(stream);
    if (place === undefined) return;
    this.places.delete(stream);
    this.shelvedBytes -= place.bytes;
  }

  private sweep(): void {
    const oldest = this.clock.monotonic() - SHELF_LIFE_MS;
    for (const { since } of this.places.values()) {
      if (since > oldest) return; // they lie in the order in which they came
      this.forgetOldest();
    }
  }

  private forgetOldest(): void {
    const [stream] = this.places.keys();
    if (stream === undefined) return;
    this.take(stream);
    stream.forget();
  }
}
