import type { EntryMeta } from '@mcp-cluster/cache';
import type { Argument } from '../connection/store.js';
import { HEADER_BYTES, LENGTH_DIGITS, VERSION_DIGITS } from './cache.lua.js';

/** P06: an entry is smaller than 1 MB. */
export const MAX_ENTRY_BYTES = 1_000_000;

/** P06: the second level keeps nothing for longer than an hour. */
const MAX_LIFE_MS = 3_600_000;

export interface StoredEntry {
  /** What Redis holds: header, tags, bytes. */
  readonly whole: Buffer;
  /** What a script that keeps it has to know: born, until when, most milliseconds, tags. */
  readonly args: readonly Argument[];
}

/** Marks are hashes of 22 or 43 characters: a line end is in none of them. */
export function joinTags(tags: readonly string[]): string {
  return tags.join('\n');
}

/** @returns undefined for an entry that is not kept: too large, or with numbers that are none */
export function storedEntry(meta: EntryMeta, bytes: Uint8Array): StoredEntry | undefined {
  const tags = Buffer.from(joinTags(meta.tags));
  const until = Math.max(meta.freshUntil, meta.staleUntil, meta.errorUntil);
  if (bytes.length >= MAX_ENTRY_BYTES || tags.length >= 10 ** LENGTH_DIGITS) return undefined;
  if (!Number.isSafeInteger(meta.born) || meta.born < 0 || Number.isNaN(until)) return undefined;
  const header = padded(meta.born, VERSION_DIGITS) + padded(tags.length, LENGTH_DIGITS);
  return {
    whole: Buffer.concat([Buffer.from(header, 'latin1'), tags, bytes]),
    args: [meta.born, Math.min(until, Number.MAX_SAFE_INTEGER), MAX_LIFE_MS, ...meta.tags],
  };
}

/**
 * The bytes of an entry, a view of what was read.
 * @param born what a script said of it, 0 for no good one; another entry may have come between the two
 * @returns undefined where it is not the one that the script has judged
 */
export function entryBytes(whole: Buffer | null | undefined, born: number): Uint8Array | undefined {
  if (!whole || born === 0 || Number(whole.toString('latin1', 0, VERSION_DIGITS)) !== born) return undefined;
  return whole.subarray(HEADER_BYTES + Number(whole.toString('latin1', VERSION_DIGITS, HEADER_BYTES)));
}

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}
