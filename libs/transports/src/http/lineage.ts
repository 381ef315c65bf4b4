import type { Cursor } from './event-id.js';

/**
 * Which nodes wrote a stream one after another. Numbers of events go on rising when another node takes a stream over,
 * and its epoch rises with each. An archive may have lost the end of what an earlier node wrote: then some numbers
 * were given twice, and only the epoch tells which event a client has seen (reliability.md, experiment 29).
 */
export class Lineage {
  /** Of a stream that has had one writer. */
  static readonly first = new Lineage(1, []);

  /**
   * @param epoch of the node that writes now
   * @param ends the last event of each epoch before it, as far as it was kept
   */
  constructor(
    readonly epoch: number,
    readonly ends: readonly number[],
  ) {}

  /** The epoch in which an event was written. */
  epochOf(seq: number): number {
    const earlier = this.ends.findIndex((end) => seq <= end);
    return earlier === -1 ? this.epoch : earlier + 1;
  }

  /**
   * The number after which a client of this cursor has missed everything; undefined for a cursor that nobody can have.
   * @param last event of the stream
   */
  placeOf({ epoch, seq }: Cursor, last: number): number | undefined {
    if (epoch > this.epoch || (epoch === this.epoch && seq > last)) return undefined;
    // What it saw beyond the end of an earlier epoch was lost: all of the later ones is new to it.
    return epoch === this.epoch ? seq : Math.min(seq, this.ends[epoch - 1] ?? last);
  }
}
