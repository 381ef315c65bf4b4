import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRng } from '@mcp-cluster/kernel';
import { afterAll, expect, it } from 'vitest';
import { flipAnywhere, flipIn } from './file-damage.ts';

const folder = mkdtempSync(join(tmpdir(), 'file-damage-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function bitsThatDiffer(one: Buffer, other: Buffer): number[] {
  return [...one].flatMap((byte, at) => {
    const bits = (byte ^ (other[at] ?? 0)).toString(2).replaceAll('0', '').length;
    return Array.from({ length: bits }, () => at);
  });
}

it('flips one bit of each place where a text stands, and no other one', () => {
  const path = join(folder, 'places');
  const before = Buffer.from('....needle....needle....');
  writeFileSync(path, before);
  expect(flipIn(path, 'needle', seededRng(1))).toBe(2);
  const [first = -1, second = -1, ...more] = bitsThatDiffer(before, readFileSync(path));
  expect([first >= 4 && first < 10, second >= 14 && second < 20, more]).toEqual([true, true, []]);
});

it('flips bits anywhere, and leaves an empty file empty', () => {
  const path = join(folder, 'anywhere');
  writeFileSync(path, new Uint8Array(10_000));
  flipAnywhere(path, 7, seededRng(1));
  expect(bitsThatDiffer(Buffer.alloc(10_000), readFileSync(path))).toHaveLength(7);
  writeFileSync(path, '');
  flipAnywhere(path, 7, seededRng(1));
  expect(readFileSync(path)).toHaveLength(0);
});
