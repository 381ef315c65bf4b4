import { expect, it } from 'vitest';
import { seededRng } from '@mcp-cluster/kernel';
import { isStrongKey } from './cluster-key.js';

it.each([
  ['', 'empty'],
  ['x7Gq', 'short'],
  ['qIu1XxVbq0m8yZJ3hV9f2kP7sWc4LdT', '31 bytes'],
  ['changeme'.repeat(8), 'a default over and over'],
  ['default-insecure-seed-of-the-example-cluster', 'a default with something behind it'],
  ['My-PassWord-is-quite-long-but-not-random', 'a placeholder in capitals'],
  ['a'.repeat(64), 'one letter'],
  ['abcdefgh'.repeat(4), 'a short text over and over'],
])('refuses %j as the cluster key: %s', (key) => {
  expect(isStrongKey(key)).toBe(false);
});

it.each(['base64url', 'hex', 'base64'] as const)('takes 32 random bytes as %s', (encoding) => {
  const seed = 20_261_121;
  const rng = seededRng(seed);
  for (let round = 0; round < 1_000; round += 1)
    expect(isStrongKey(rng.bytes(32).toString(encoding)), `seed ${String(seed)}, round ${String(round)}`).toBe(true);
});

it('counts bytes, not characters', () => {
  expect(isStrongKey('äöüÄÖÜßéèêëñçøåæ')).toBe(true);
});
