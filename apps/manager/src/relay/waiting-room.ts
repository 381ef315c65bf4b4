import type { Clock, Timer } from '@mcp-cluster/kernel';
import type { ClusterNode } from '../membership/cluster-node.js';

/** Requests that may wait for a node at once: each holds a connection and a body, and a client that could be told. */
export const MAX_WAITING = 1000;
/** Milliseconds between looks for a node that has room again; a node that becomes ready is used at once. */
const LOOK_EVERY_MS = 100;

/** A request that no node can take now. */
export interface Guest {
  /**
   * Looks for a node again, and says whether it need not wait any more.
   * @param back a node that has just become ready: what it failed before counts no more
   */
  tryAgain(back: ClusterNode | undefined): boolean;
  /** Its time is over. */
  waitedTooLong(): void;
}

/** Where requests wait for a node to become ready: first come, first served, each for its time. */
export class WaitingRoom {
  private readonly guests = new Map<Guest, Timer>();
  private looking: Timer | undefined;

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.guests.size;
  }

  /**
   * One that waits already keeps its place and its time.
   * @param ms how long it may wait
   * @returns false when there is no room
   */
  enter(guest: Guest, ms: number): boolean {
    if (this.guests.has(guest)) return true;
    if (this.guests.size >= MAX_WAITING) return false;
    const timer = this.clock.after(ms, () => {
      this.leave(guest);
      guest.waitedTooLong();
    });
    this.guests.set(guest, timer);
    this.looking ??= this.clock.every(LOOK_EVERY_MS, () => {
      this.look(undefined);
    });
    return true;
  }

  /** Without effect for one that does not wait. */
  leave(guest: Guest): void {
    this.guests.get(guest)?.cancel();
    this.guests.delete(guest);
    if (this.guests.size > 0) return;
    this.looking?.cancel();
    this.looking = undefined;
  }

  /** Lets all try again, in the order in which they came. */
  look(back: ClusterNode | undefined): void {
    // Those that come while it looks have just tried.
    for (const guest of [...this.guests.keys()]) if (this.guests.has(guest) && guest.tryAgain(back)) this.leave(guest);
  }
}
