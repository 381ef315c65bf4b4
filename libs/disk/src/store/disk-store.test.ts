import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DiskStore } from './disk-store.js';
import type { StoreEntry } from './store-request.js';

const NOW = 1_800_000_000_000;
const MINUTE_MS = 60_000;

let directory: string;
let store: DiskStore;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'disk-store-'));
  store = new DiskStore({ directory, maxBytes: 4_000_000, now: NOW });
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

const entry = (id: string, over: Partial<StoreEntry> = {}): StoreEntry => ({
  id,
  born: 1_000,
  until: NOW + 60 * MINUTE_MS,
  tags: ['everything', id],
  bytes: new Uint8Array(30_000),
  ...over,
});
const fill = (from: number, count: number, now: number): void => {
  for (let at = from; at < from + count; at += 1) store.set(entry(`id-${String(at)}`), now);
};

it('P06: the least recently used goes first, and being read counts', () => {
  fill(0, 50, NOW);
  const later = NOW + 11 * MINUTE_MS;
  expect(store.get('id-0', later)).toBeDefined();
  fill(50, 80, later);
  expect(store.get('id-1', later)).toBeUndefined();
  expect(store.get('id-0', later)).toBeDefined();
  expect(store.get('id-129', later)).toBeDefined();
});

it('P06: the places of what is over or invalidated are free after cleaning up, in pieces', () => {
  fill(0, 90, NOW);
  const { bytes: empty } = new DiskStore({ directory: join(directory, 'other'), maxBytes: 4_000_000, now: NOW }).size();
  store.invalidate({ marks: [['everything', 1_000]], floor: 0 }, NOW);
  expect(store.size().entries).toBe(90);
  expect([store.tend(NOW), store.size().entries]).toEqual([true, 26]);
  expect([store.tend(NOW), store.size().entries]).toEqual([false, 0]);
  expect(store.size().bytes).toBeLessThan(empty + 100_000);
  store.set(entry('short', { born: 2_000, until: NOW + MINUTE_MS }), NOW);
  expect([store.tend(NOW + MINUTE_MS), store.size().entries]).toEqual([false, 0]);
});

it('an entry that seems to have longer than a day is none: the clock was set back', () => {
  store.set(entry('id', { until: NOW + 1e12 }), NOW);
  expect(store.get('id', NOW - MINUTE_MS)).toBeDefined();
  expect(store.get('id', NOW - 10 * MINUTE_MS)).toBeUndefined();
});

it('of too many invalidations the oldest become a floor: what it may concern is refused, and nothing wrong is served', () => {
  store.set(entry('old', { born: 5, tags: ['no such'] }), NOW);
  store.set(entry('new', { born: 10_000, tags: ['no such'] }), NOW);
  for (let at = 1; at <= 4_001; at += 1) store.invalidate({ marks: [[`tag-${String(at)}`, 10 + at]], floor: 0 }, NOW);
  expect(store.get('old', NOW)).toBeUndefined();
  expect(store.get('new', NOW)).toBeDefined();
  expect(store.set(entry('late', { born: 11, tags: ['tag-1'] }), NOW)).toBe(false);
  expect(store.set(entry('late', { born: 4_011, tags: ['tag-4001'] }), NOW)).toBe(false);
  expect(store.set(entry('later', { born: 4_011, tags: ['tag-4000'] }), NOW)).toBe(true);
});

it('an invalidation is forgotten when nothing can be old enough for it, and not before', () => {
  store.invalidate({ marks: [['red', 5_000]], floor: 0 }, NOW);
  const HOUR = 60 * MINUTE_MS;
  const red = entry('id', { tags: ['red'], until: NOW + 100 * HOUR });
  store.tend(NOW + 24 * HOUR);
  expect(store.set(red, NOW + 24 * HOUR)).toBe(false);
  store.tend(NOW + 25 * HOUR);
  expect(store.set(red, NOW + 25 * HOUR)).toBe(true);
});
