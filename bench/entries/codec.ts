import { isDeepStrictEqual } from 'node:util';
import { decodeEntry, encodeEntry, readMeta, type EntryMeta } from '@mcp-cluster/cache';
import { spread, type Spread } from '../harness/statistics.ts';
import type { Sample } from './samples.ts';
import { loopHeldMs, microsecondsOf } from './timing.ts';

export interface EntryRun {
  readonly sample: string;
  /** Characters of the value. */
  readonly characters: number;
  /** Bytes of the whole entry. */
  readonly bytes: number;
  readonly encodeMicros: Spread;
  readonly decodeMicros: Spread;
  readonly metaMicros: Spread;
  /** For how long the event loop does nothing else meanwhile. */
  readonly encodeHeldMs: number;
  readonly decodeHeldMs: number;
}

/** As long as those that the cache makes. */
const META: EntryMeta = {
  id: 'k'.repeat(43),
  type: 'tool_result',
  space: 'analyze_dataset',
  scope: 'private',
  owner: 'o'.repeat(22),
  tags: ['e'.repeat(22), 's'.repeat(22), 'k'.repeat(43)],
  born: 1_793_520_002_895_123,
  freshUntil: 1_793_520_302_895,
  staleUntil: 1_793_520_302_895,
  errorUntil: 1_793_520_302_895,
};

/** What an entry costs on its way out of the process and back, with the product's own codec. */
export async function measureEntries(samples: readonly Sample[], repeats: number): Promise<EntryRun[]> {
  const runs: EntryRun[] = [];
  for (const { name, text } of samples) {
    const bytes = await encodeEntry(META, text);
    const { value } = await decodeEntry(bytes, META);
    if (!isDeepStrictEqual(value, text)) throw new Error(`${name}: another value came back`);
    runs.push({
      sample: name,
      characters: text.length,
      bytes: bytes.length,
      encodeMicros: await repeated(repeats, () => encodeEntry(META, text)),
      decodeMicros: await repeated(repeats, () => decodeEntry(bytes, META)),
      metaMicros: await repeated(repeats, () => readMeta(bytes)),
      encodeHeldMs: await loopHeldMs(() => encodeEntry(META, text)),
      decodeHeldMs: await loopHeldMs(() => decodeEntry(bytes, META)),
    });
  }
  return runs;
}

async function repeated(repeats: number, run: () => unknown): Promise<Spread> {
  const all: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) all.push(await microsecondsOf(run));
  return spread(all);
}
