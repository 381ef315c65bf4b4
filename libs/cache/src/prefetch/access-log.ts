import type { CacheQuery } from '@mcp-cluster/protocol';

/** P07. About 2 MB when full: ids and marks are hashes of 43 and 22 characters. */
export const LOGGED_ACCESSES = 10_000;

/** One cached call. */
export interface Access {
  /** A mark of the session or the principal; undefined for nobody known. */
  readonly who: string | undefined;
  readonly id: string;
  readonly space: string;
  /** Of whom a private entry is, `''` for a public one. */
  readonly owner: string;
  /** Monotonic milliseconds. */
  readonly at: number;
  /** How it is made, where it may be made ahead of time. Held until it was read. */
  readonly query: CacheQuery<unknown> | undefined;
}

type Slot = { -readonly [Member in keyof Access]: Access[Member] };

/**
 * The last accesses, between the calls, which only write here, and their analysis, which comes later and reads each
 * once. A ring: writing takes no memory once it is full, and when the reader is too slow the oldest are lost.
 */
export class AccessLog {
  private readonly slots: Slot[] = [];
  private written = 0;
  private readUpTo = 0;
  private lostInAll = 0;

  /** @param capacity accesses, at least 1 */
  constructor(private readonly capacity = LOGGED_ACCESSES) {}

  get size(): number {
    return this.slots.length;
  }

  /** All that were recorded since the log was empty. */
  get recorded(): number {
    return this.written;
  }

  get unread(): number {
    return this.written - this.readUpTo;
  }

  /** Overwritten before they were read. */
  get lost(): number {
    return this.lostInAll;
  }

  record<V>(query: CacheQuery<V>, who: string | undefined, prefetchable: boolean, at: number): void {
    const { id, space, owner } = query.key;
    const recipe = prefetchable ? query : undefined;
    const slot = this.slots[this.written % this.capacity];
    if (slot === undefined) this.slots.push({ who, id, space, owner, at, query: recipe });
    else {
      slot.who = who;
      slot.id = id;
      slot.space = space;
      slot.owner = owner;
      slot.at = at;
      slot.query = recipe;
    }
    this.written += 1;
    if (this.written - this.readUpTo <= this.capacity) return;
    this.readUpTo += 1;
    this.lostInAll += 1;
  }

  /**
   * Gives the oldest ones that were not read yet, in their order. What is given is a slot of the ring: it is another
   * access later, so that only its parts may be kept.
   * @param limit how many at most
   */
  read(limit: number, each: (access: Access) => void): void {
    const end = this.readUpTo + Math.min(limit, this.unread);
    while (this.readUpTo < end) {
      const slot = this.slots[this.readUpTo % this.capacity];
      this.readUpTo += 1;
      if (slot === undefined) return;
      each(slot);
      slot.query = undefined; // it has a client's arguments
    }
  }

  /** The newest ones, newest first, read or not. */
  recent(count: number): readonly Omit<Access, 'query'>[] {
    return Array.from({ length: Math.min(count, this.size) }, (_, back) => {
      const slot = this.slots[(this.written - 1 - back) % this.capacity];
      return slot === undefined
        ? []
        : [{ who: slot.who, id: slot.id, space: slot.space, owner: slot.owner, at: slot.at }];
    }).flat();
  }

  clear(): void {
    this.slots.length = 0;
    this.written = 0;
    this.readUpTo = 0;
  }
}
