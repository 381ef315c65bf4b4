import type { EntryMeta } from '../tier/tier.js';

/** Entries as bytes and back: `entry.codec.ts`, as the stack wants it. */
export interface EntryCodec {
  encode(meta: EntryMeta, value: unknown): Uint8Array | Promise<Uint8Array>;
  /** Throws a LocalError, `cache_foreign` for what is not the expected entry. */
  decode(bytes: Uint8Array, expected: Pick<EntryMeta, 'id' | 'owner'>): DecodedEntry | Promise<DecodedEntry>;
  /** What is said of an entry; throws as `decode`. */
  readMeta(bytes: Uint8Array): EntryMeta;
}

export interface DecodedEntry {
  readonly meta: EntryMeta;
  readonly value: unknown;
}
