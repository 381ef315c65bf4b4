import { crc32 } from 'node:zlib';
import type { EntryMeta } from '@mcp-cluster/cache';
import { LocalError } from '@mcp-cluster/kernel';

const CHECKSUM_CHARACTERS = 8;

/** Entries as JSON behind a checksum: what the stack wants of a codec, for values that JSON carries. */
export const plainCodec = {
  encode(meta: EntryMeta, value: unknown): Uint8Array {
    const text = JSON.stringify({ meta, value });
    return new TextEncoder().encode(checksum(text) + text);
  },

  decode(bytes: Uint8Array, expected: Pick<EntryMeta, 'id' | 'owner'>): { meta: EntryMeta; value: unknown } {
    const entry = read(bytes);
    if (entry.meta.id !== expected.id || entry.meta.owner !== expected.owner)
      throw new LocalError('cache_foreign', 'the entry of another key');
    return entry;
  },

  readMeta(bytes: Uint8Array): EntryMeta {
    return read(bytes).meta;
  },
};

function read(bytes: Uint8Array): { meta: EntryMeta; value: unknown } {
  const text = new TextDecoder().decode(bytes);
  const json = text.slice(CHECKSUM_CHARACTERS);
  if (checksum(json) !== text.slice(0, CHECKSUM_CHARACTERS)) throw new LocalError('cache_corrupt', 'wrong checksum');
  return JSON.parse(json) as { meta: EntryMeta; value: unknown };
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(CHECKSUM_CHARACTERS, '0');
}
