import { seededRng } from '@mcp-cluster/kernel';
import { expect, it } from 'vitest';
import { eventId, readCursor, StreamIds } from './event-id.js';

it('S16: an event id names its stream, its kind and its place, and can be read back', () => {
  const ids = new StreamIds(seededRng(1));
  for (const kind of ['call', 'session'] as const) {
    const stream = ids.next(kind);
    expect(readCursor(eventId(stream, 3, 7))).toEqual({ stream, kind, epoch: 3, seq: 7 });
  }
});

it('S16: no two streams have the same id, and those of another process begin otherwise', () => {
  const [one, other] = [new StreamIds(seededRng(1)), new StreamIds(seededRng(2))];
  const ids = Array.from({ length: 1_000 }, () => one.next('call'));
  expect(new Set(ids).size).toBe(1_000);
  expect(new Set(ids.map((id) => id.slice(0, 9))).size).toBe(1);
  expect(other.next('call').slice(0, 9)).not.toBe(ids[0]?.slice(0, 9));
});

const STREAM = `c${'A'.repeat(30)}`;

it.each([
  '',
  'x',
  STREAM,
  `${STREAM}.`,
  `${STREAM}.1`,
  `${STREAM}.1.`,
  `${STREAM}.0.1`,
  `${STREAM}.1234567.1`,
  `${STREAM}.1.-1`,
  `${STREAM}.1.01`,
  `${STREAM}.1.1e3`,
  `${STREAM}.1.1 `,
  `${STREAM}.1.1\n`,
  `${STREAM}.1.${'9'.repeat(16)}`,
  `${STREAM}A.1.1`,
  `x${STREAM.slice(1)}.1.1`,
  `${'c'.repeat(100_000)}.1.1`,
  `${STREAM.slice(0, -1)}/.1.1`,
])('S16: %j is no event id of ours', (text) => {
  expect(readCursor(text)).toBeUndefined();
});
