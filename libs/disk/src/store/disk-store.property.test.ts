import fc from 'fast-check';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DiskStore } from './disk-store.js';

const DAY_MS = 24 * 60 * 60_000;
const MAX_BYTES = 4_000_000;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'disk-store-'));
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const tag = fc.constantFrom('red', 'green', 'blue');
const version = fc.integer({ min: 1, max: 40 });
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      id,
      tags: fc.uniqueArray(tag),
      born: version,
      lifeMs: fc.integer({ min: 1, max: 2 * DAY_MS }),
      length: fc.integer({ min: 0, max: 45_000 }),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('get' as const), id }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), id }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('invalidate' as const),
      tags: fc.uniqueArray(tag, { minLength: 1 }),
      version,
      floor: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: version }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'tend' as const }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('elapse' as const), ms: fc.integer({ min: 1, max: DAY_MS }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

interface Held {
  readonly born: number;
  readonly until: number;
  readonly tags: readonly string[];
  readonly bytes: Uint8Array;
}

/** As toEqual says, a hundred times faster. */
function same(found: Uint8Array | undefined, expected: Uint8Array | undefined): boolean {
  return found === undefined || expected === undefined ? found === expected : Buffer.compare(found, expected) === 0;
}

/** What the level promises, in the fewest words. Forgets invalidations only when nothing can be old enough. */
class Model {
  private readonly held = new Map<string, Held>();
  private readonly marks = new Map<string, { version: number; at: number }>();
  private floor = 0;

  covered(born: number, tags: readonly string[]): boolean {
    return born <= this.floor || tags.some((one) => born <= (this.marks.get(one)?.version ?? 0));
  }
  get(key: string, now: number): Held | undefined {
    const held = this.held.get(key);
    return held && held.until > now && !this.covered(held.born, held.tags) ? held : undefined;
  }
  set(key: string, entry: Held, now: number): boolean {
    const before = this.get(key, now);
    if (entry.bytes.length > MAX_BYTES / 100 || this.covered(entry.born, entry.tags)) return false;
    if (before !== undefined && entry.born < before.born) return false;
    this.held.set(key, { ...entry, until: Math.min(entry.until, now + DAY_MS) });
    return true;
  }
  delete(key: string): void {
    this.held.delete(key);
  }
  invalidate(tags: readonly string[], at: number, floor: number, now: number): void {
    for (const one of tags) {
      const marked = Math.max(at, this.marks.get(one)?.version ?? 0);
      this.marks.set(one, { version: marked, at: now });
    }
    this.floor = Math.max(this.floor, floor);
  }
  tend(now: number): void {
    for (const [one, { at }] of this.marks) if (at <= now - DAY_MS - 3_600_000) this.marks.delete(one);
  }
}

it('P06: whatever is set, invalidated, swept, waited for and restarted, the level gives what its contract says', async ({
  annotate,
}) => {
  const property = fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
    const directory = mkdtempSync(join(root, 'run-'));
    let now = 1_800_000_000_000;
    let seed = 0;
    const open = (): DiskStore => new DiskStore({ directory, maxBytes: MAX_BYTES, now });
    let store = open();
    const model = new Model();
    for (const one of steps) {
      if (one.do === 'set') {
        const { born, tags, lifeMs, length } = one;
        const entry = { born, tags, until: now + lifeMs, bytes: new Uint8Array(length).fill((seed += 1)) };
        expect(store.set({ id: one.id, ...entry }, now)).toBe(model.set(one.id, entry, now));
      } else if (one.do === 'get') {
        expect(same(store.get(one.id, now), model.get(one.id, now)?.bytes)).toBe(true);
      } else if (one.do === 'delete') {
        store.delete(one.id);
        model.delete(one.id);
      } else if (one.do === 'invalidate') {
        store.invalidate({ marks: one.tags.map((name) => [name, one.version]), floor: one.floor }, now);
        model.invalidate(one.tags, one.version, one.floor, now);
      } else if (one.do === 'tend') {
        while (store.tend(now));
        model.tend(now);
      } else if (one.do === 'elapse') {
        now += one.ms;
      } else {
        store.close();
        store = open();
      }
    }
    store.close();
    rmSync(directory, { recursive: true });
  });
  const details = fc.check(property, { numRuns: 60 });
  await annotate(`seed ${String(details.seed)}`);
  expect(details.failed ? fc.defaultReportMessage(details) : '').toBe('');
}, 60_000);

it('P06: entries of any sizes beyond the bound: the bytes are right or gone, the latest is there, the files stay below it', async ({
  annotate,
}) => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 300, maxLength: 600, size: 'max' });
  const property = fc.property(sizes, fc.infiniteStream(fc.nat()), (lengths, reads) => {
    const directory = mkdtempSync(join(root, 'run-'));
    const store = new DiskStore({ directory, maxBytes: MAX_BYTES, now: 1 });
    let there = 0;
    for (const [at, length] of lengths.entries()) {
      const bytes = new Uint8Array(length).fill(at);
      expect(store.set({ id: String(at), born: 1, until: 1e9, tags: [], bytes }, at)).toBe(true);
      expect(same(store.get(String(at), at), bytes)).toBe(true);
      const other = reads.next().value % (at + 1);
      const found = store.get(String(other), at);
      if (found !== undefined) expect(same(found, new Uint8Array(lengths[other]!).fill(other))).toBe(true);
      there += found === undefined ? 0 : 1;
    }
    const onDisk = readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
    expect(onDisk).toBeLessThanOrEqual(MAX_BYTES);
    expect(there).toBeGreaterThan(0);
    store.close();
    rmSync(directory, { recursive: true });
  });
  const details = fc.check(property, { numRuns: 5 });
  await annotate(`seed ${String(details.seed)}`);
  expect(details.failed ? fc.defaultReportMessage(details) : '').toBe('');
}, 60_000);
