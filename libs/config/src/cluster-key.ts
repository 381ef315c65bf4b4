import { secret } from './kinds.js';

/** 256 bits: the key length of the authenticated encryption that seals session ids. */
const KEY_BYTES = 32;

/** Words of examples and defaults: a key with one of them in it was never changed. */
const PLACEHOLDERS = [
  'changeme',
  'change-me',
  'change_me',
  'default-insecure-seed',
  'insecure',
  'password',
  'placeholder',
];

/** Whether a text can be the cluster's key: long enough, no known default, not a short text over and over. */
export function isStrongKey(key: string): boolean {
  if (Buffer.byteLength(key) < KEY_BYTES) return false;
  const lower = key.toLowerCase();
  if (PLACEHOLDERS.some((word) => lower.includes(word))) return false;
  // A text occurs inside its own double, before its end, only when it repeats a part of itself.
  return (key + key).indexOf(key, 1) === key.length;
}

/**
 * Who knows this key can make session ids that every node believes, so a weak one is refused even for a try-out;
 * a laptop needs none at all.
 */
export const clusterKey = secret(
  `at least ${String(KEY_BYTES)} bytes of random text, no example value; make one with: openssl rand -base64 ${String(KEY_BYTES)}`,
  isStrongKey,
);
