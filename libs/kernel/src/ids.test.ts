import { describe, expect, it } from 'vitest';
import { IdSource, safeRequestId } from './ids.js';
import { seededRng } from './rng.js';

describe('IdSource', () => {
  it('gives each id once, and other ids in another process', () => {
    const one = new IdSource(seededRng(1));
    const two = new IdSource(seededRng(2));
    const ids = Array.from({ length: 1_000 }, () => [one.next(), two.next()]).flat();
    expect(new Set(ids).size).toBe(2_000);
  });

  it('gives ids that are safe to log and forward', () => {
    const id = new IdSource(seededRng(3)).next();
    expect(safeRequestId(id)).toBe(id);
  });
});

describe('safeRequestId', () => {
  it.each(['a', 'A.b-c_9', 'x'.repeat(64)])('takes %s', (id) => {
    expect(safeRequestId(id)).toBe(id);
  });

  it.each(['', 'x'.repeat(65), 'a b', 'a\n', 'ü', '"', 'a/b', 7, undefined, null, ['a']])('refuses %j', (id) => {
    expect(safeRequestId(id)).toBeUndefined();
  });
});
