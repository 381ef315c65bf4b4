import { seededRng, sleep, systemClock } from '@mcp-cluster/kernel';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { DiskStore } from './store/disk-store.js';

const MAX_BYTES = 8_000_000;
const KILLS = 25;
/** A process takes some 60 ms to begin writing; the delay is from its first word. */
const LONGEST_MS = 120;

/**
 * Writes entries of all sizes, replaces, deletes, invalidates and cleans up, for ever. Says the version of each invalidation
 * that it was told is done. An entry is its own number over and over: `<at>,<at>,…`.
 */
const WRITER = `
import { registerHooks } from 'node:module';
import { writeSync } from 'node:fs';
registerHooks({ resolve: (name, context, next) => next(name.startsWith('.') ? name.replace(/\\.js$/, '.ts') : name, context) });
const [, url, directory, maxBytes, start] = process.argv;
const { DiskStore } = await import(url);
const store = new DiskStore({ directory, maxBytes: Number(maxBytes), now: 1 });
for (let at = Number(start); ; at += 1) {
  const id = 'id-' + at % 500;
  const bytes = Buffer.from((at + ',').repeat(1 + at * 7919 % 11000));
  store.set({ id, born: at, until: 1e9, tags: ['tag-' + at % 10, id], bytes }, 1);
  if (at % 5 === 0) store.delete('id-' + at * 31 % 500);
  if (at % 20 === 0) {
    store.invalidate({ marks: [['tag-' + at / 20 % 10, at]], floor: 0 }, 1);
    writeSync(1, at + '\\n');
  }
  if (at % 50 === 0) store.tend(1);
}
`;

it(`experiment 19, P06: killed ${String(KILLS)} times while it writes, it opens, has nothing wrong and stays below its bound`, async ({
  annotate,
}) => {
  const seed = 20_261_121;
  const rng = seededRng(seed);
  await annotate(`seed ${String(seed)}`);
  const directory = mkdtempSync(join(tmpdir(), 'disk-kill-'));
  const url = new URL('./store/disk-store.ts', import.meta.url).href;
  const invalidated = new Map<string, number>();
  let at = 1;
  let found = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const args = ['--input-type=module', '--eval', WRITER, url, directory, String(MAX_BYTES), String(at)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(child.stdout, 'data');
    await sleep(systemClock, rng.next() * LONGEST_MS);
    child.kill('SIGKILL');
    await once(child, 'close');
    for (const version of said.split('\n').slice(0, -1).map(Number)) {
      invalidated.set(`tag-${String((version / 20) % 10)}`, version);
      at = version;
    }

    const size = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
    expect(size).toBeLessThanOrEqual(MAX_BYTES);
    const store = new DiskStore({ directory, maxBytes: MAX_BYTES, now: 1 });
    expect(store.made).toBe(false);
    expect(store.newest).toBeGreaterThanOrEqual(at);
    let there = 0;
    for (let one = 0; one < 500; one += 1) {
      const bytes = store.get(`id-${String(one)}`, 1);
      if (bytes === undefined) continue;
      there += 1;
      const text = Buffer.from(bytes).toString();
      const born = Number.parseInt(text, 10);
      expect(born % 500).toBe(one);
      expect(text === `${String(born)},`.repeat(1 + ((born * 7919) % 11000))).toBe(true);
      expect(born).toBeGreaterThan(invalidated.get(`tag-${String(born % 10)}`) ?? 0);
    }
    expect(store.size().entries).toBeGreaterThanOrEqual(there);
    found += there;
    while (store.tend(1));
    store.close();
    const database = new DatabaseSync(join(directory, 'cache-level.sqlite'));
    expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    database.close();
    // What was written after the last word is not known: the next one goes on beyond it.
    at += 10_000;
  }
  expect(found).toBeGreaterThan(KILLS * 20);
  rmSync(directory, { recursive: true });
}, 60_000);
