import { sleep, type Clock } from '@mcp-cluster/kernel';
import type { SharedTier } from '../tier/tier.js';

/** Milliseconds that a node's readiness waits at most: a restart of a cluster must not take noticeably longer. */
export const WARM_UP_MS = 2_000;
/** Keys of one request: at a few KB each a reply of some hundred KB, decoded in some milliseconds. */
export const WARM_UP_CHUNK = 50;

export interface WarmUpParts {
  readonly shared: Pick<SharedTier, 'available' | 'hottest' | 'getMany'>;
  readonly stack: {
    /** Puts an encoded entry into the first level. @returns whether it was good */
    admit(bytes: Uint8Array): Promise<boolean>;
  };
  readonly clock: Clock;
  /** Entries that are asked for at most: what the first level holds. */
  readonly entries: number;
  /** Bytes of encoded entries that are taken at most. */
  readonly bytes: number;
  /** Milliseconds; default 2,000. */
  readonly limitMs?: number;
}

/**
 * How it ended: `done` it took all there was, or all that it may; `time` the time was over; `failed` the shared level was
 * away or failed; `empty` nothing was hot.
 */
export type WarmUpEnd = 'done' | 'time' | 'failed' | 'empty';

export interface WarmUpReport {
  /** Keys whose entries were asked for. */
  readonly asked: number;
  readonly admitted: number;
  readonly ms: number;
  readonly ended: WarmUpEnd;
}

/**
 * Fills the first level of a new node with what the cluster used most in the last half hour, before the node is ready.
 * Never rejects, and takes no longer than its limit, even when the shared level hangs.
 */
export async function warmUp(parts: WarmUpParts): Promise<WarmUpReport> {
  const { clock, limitMs = WARM_UP_MS } = parts;
  const began = clock.monotonic();
  const filling = new Filling(parts, began + limitMs);
  const stop = new AbortController();
  const timeOver = sleep(clock, limitMs, stop.signal).then(
    () => 'time' as const,
    () => 'time' as const, // the filling has ended: nobody looks at it
  );
  const ended = await Promise.race([filling.run().catch(() => 'failed' as const), timeOver]);
  stop.abort();
  const { asked, admitted } = filling;
  return { asked, admitted, ms: Math.round(clock.monotonic() - began), ended };
}

class Filling {
  asked = 0;
  admitted = 0;
  private bytes = 0;

  /** @param deadline monotonic milliseconds */
  constructor(
    private readonly parts: WarmUpParts,
    private readonly deadline: number,
  ) {}

  async run(): Promise<WarmUpEnd> {
    const { shared, entries } = this.parts;
    if (this.isOver()) return 'time';
    if (!shared.available) return 'failed';
    const hottest = (await shared.hottest(entries)).slice(0, entries);
    if (hottest.length === 0) return 'empty';
    while (!this.isOver() && this.asked < hottest.length) {
      const chunk = hottest.slice(this.asked, this.asked + WARM_UP_CHUNK);
      this.asked += chunk.length;
      const isFull = await this.admitAll(await shared.getMany(chunk));
      if (isFull) return 'done';
    }
    return this.isOver() ? 'time' : 'done';
  }

  /** Looked at before each step: an answer that comes too late is left alone, and a timer does not fire between steps that never leave the event loop. */
  private isOver(): boolean {
    return this.parts.clock.monotonic() >= this.deadline;
  }

  /** @returns whether there is no room for more */
  private async admitAll(found: readonly Uint8Array[]): Promise<boolean> {
    for (const bytes of found) {
      if (this.isOver()) return false;
      if (this.bytes + bytes.byteLength > this.parts.bytes) return true;
      this.bytes += bytes.byteLength;
      if (await this.parts.stack.admit(bytes)) this.admitted += 1;
    }
    return false;
  }
}
