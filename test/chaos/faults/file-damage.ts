import { readFileSync, writeFileSync } from 'node:fs';
import { randomInt, type Rng } from '@mcp-cluster/kernel';

/** Flips a bit of each place where a text stands in a file. @returns how many places */
export function flipIn(path: string, text: string, rng: Rng): number {
  const bytes = readFileSync(path);
  let places = 0;
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) {
    flip(bytes, at + randomInt(rng, text.length), rng);
    places += 1;
  }
  writeFileSync(path, bytes);
  return places;
}

/** Flips so many bits anywhere in a file. */
export function flipAnywhere(path: string, bits: number, rng: Rng): void {
  const bytes = readFileSync(path);
  if (bytes.length === 0) return;
  for (let count = 0; count < bits; count += 1) flip(bytes, randomInt(rng, bytes.length), rng);
  writeFileSync(path, bytes);
}

function flip(bytes: Buffer, at: number, rng: Rng): void {
  bytes[at] = (bytes[at] ?? 0) ^ (1 << randomInt(rng, 8));
}
