import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requirements } from '../../requirements.js';

const ROOT = join(import.meta.dirname, '..', '..');
const SKIPPED = new Set(['node_modules', 'dist', '.git', 'coverage', 'reports']);
/** `it('S03: …'`, `test("S07, S08: …`, `it.each(rows)('P13 …'`: the title's beginning, wherever the call breaks its lines. */
const TITLE = /\b(?:it|test|describe)\b[\w.]*(?:\([^'"`]*\))?\(\s*['"`]((?:[SP]\d{2}\b(?:, | and |\/)?)+)/g;

/** The ids that the titles of a test file begin with. */
function citedIn(source: string): string[] {
  return [...source.matchAll(TITLE)].flatMap(([, ids]) => ids?.match(/[SP]\d{2}/g) ?? []);
}

/** Each cited id with the first file that cites it. */
function citations(): Map<string, string> {
  const cited = new Map<string, string>();
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) walk(path);
      if (!entry.isFile() || !entry.name.endsWith('.test.ts') || path === 'test/gate/requirements.test.ts') continue;
      for (const id of citedIn(readFileSync(join(ROOT, path), 'utf8'))) if (!cited.has(id)) cited.set(id, path);
    }
  };
  walk('.');
  return cited;
}

describe('requirements', () => {
  const cited = citations();

  it('that are built are each cited by a test', () => {
    const uncited = requirements.filter(({ id, status }) => status === 'built' && !cited.has(id)).map(({ id }) => id);
    expect(uncited).toEqual([]);
  });

  it('that a test cites exist', () => {
    const known = new Set(requirements.map(({ id }) => id));
    expect([...cited].filter(([id]) => !known.has(id))).toEqual([]);
  });

  it('have one entry each, in order', () => {
    const ids = requirements.map(({ id }) => id);
    const numbered = (letter: string, count: number): string[] =>
      Array.from({ length: count }, (_, index) => `${letter}${String(index + 1).padStart(2, '0')}`);
    expect(ids).toEqual([...numbered('S', 20), ...numbered('P', 17)]);
  });

  it.each([
    [`it('S03: a lower value is dropped', () => {})`, ['S03']],
    [`test("S07, S08: both", f)`, ['S07', 'S08']],
    ['it.each(rows)(`P13 %s`, f)', ['P13']],
    [`it(\n  'S01: a long title', f)`, ['S01']],
    [`describe('S02 over HTTP', f)`, ['S02']],
    [`it('reads S03 elsewhere', f); // S04`, []],
    [`const id = 'S05';`, []],
  ])('are read from %j', (source, ids) => {
    expect(citedIn(source)).toEqual(ids);
  });
});
