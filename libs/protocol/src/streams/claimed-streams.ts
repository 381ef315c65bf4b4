import { BoundedMap } from '@mcp-cluster/kernel';

/** Streams that one node took over and still writes: as many as sessions it may hold. */
const MAX_CLAIMED = 10_000;

/**
 * Where the epochs before a node's own ended, for the streams that it has claimed: an archive that lost a claim cannot
 * know it any more, and without it a client's place in an earlier epoch could be taken for one in this node's.
 */
export class ClaimedStreams {
  private readonly ends = new BoundedMap<string, readonly number[]>(MAX_CLAIMED);

  note(key: string, ends: readonly number[]): void {
    this.ends.set(key, ends);
  }

  /** Undefined when it is not known how the epochs before this one ended. */
  before(key: string, epoch: number): readonly number[] | undefined {
    if (epoch === 1) return [];
    const ends = this.ends.get(key);
    return ends?.length === epoch - 1 ? ends : undefined;
  }

  delete(key: string): void {
    this.ends.delete(key);
  }
}
