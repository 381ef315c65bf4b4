import type { DiskFault } from '../disk-state.js';

/** What the level asks of its store, which lives in a thread of its own. Every time is wall time in milliseconds. */
export interface StoreRequests {
  open: {
    readonly ask: { readonly directory: string; readonly maxBytes: number; readonly now: number };
    readonly answer: StoreOpened;
  };
  get: { readonly ask: { readonly id: string; readonly now: number }; readonly answer: Uint8Array | undefined };
  set: { readonly ask: StoreEntry & { readonly now: number }; readonly answer: boolean };
  delete: { readonly ask: { readonly id: string }; readonly answer: boolean };
  invalidate: { readonly ask: Invalidations & { readonly now: number }; readonly answer: undefined };
  /** A bounded piece of cleaning up. @returns whether there is more to do */
  tend: { readonly ask: { readonly now: number }; readonly answer: boolean };
  size: { readonly ask: object; readonly answer: { readonly entries: number; readonly bytes: number } };
  close: { readonly ask: object; readonly answer: undefined };
}

export type StoreOrder = keyof StoreRequests;
export type StoreAsk<K extends StoreOrder> = StoreRequests[K]['ask'];
export type StoreAnswer<K extends StoreOrder> = StoreRequests[K]['answer'];

export interface StoreOpened {
  /** It was made anew, and knows of no invalidation. */
  readonly made: boolean;
  /** The highest version of an invalidation that it knows. */
  readonly newest: number;
}

export interface StoreEntry {
  readonly id: string;
  readonly born: number;
  /** It is served until then, and for a day at most. */
  readonly until: number;
  readonly tags: readonly string[];
  readonly bytes: Uint8Array;
}

export interface Invalidations {
  readonly marks: readonly (readonly [tag: string, version: number])[];
  /** Whatever was born at this version or before is forgotten, whichever tags it has; 0 for nothing. */
  readonly floor: number;
}

export type StoreReply<K extends StoreOrder> = { readonly answer: StoreAnswer<K> } | { readonly fault: DiskFault };
