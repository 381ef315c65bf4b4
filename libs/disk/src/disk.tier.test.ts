import { Background, errorCode, systemClock, type Clock } from '@mcp-cluster/kernel';
import { cacheTierContract, tierBytes, tierMeta } from '@mcp-cluster/testkit/contracts';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import type { DiskState } from './disk-state.js';
import { DiskTier } from './disk.tier.js';

const MAX_BYTES = 50_000_000;

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The system's clock, whose wall time a test can move: the store's thread answers in real time. */
class MovedClock implements Clock {
  private moved = 0;
  readonly after = systemClock.after;
  readonly every = systemClock.every;
  readonly monotonic = systemClock.monotonic;
  now = (): number => systemClock.now() + this.moved;
  move(ms: number): void {
    this.moved += ms;
  }
}

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'disk-tier-'));
  cleanups.push(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

interface Opened {
  readonly tier: DiskTier;
  readonly clock: MovedClock;
  readonly states: DiskState[];
  /** Resolves when the level has come to this state. */
  reaches(state: DiskState['state']): Promise<void>;
}

async function openTier(path: string, clock = new MovedClock()): Promise<Opened> {
  const failures: Error[] = [];
  const background = new Background((_name, error) => failures.push(error));
  const states: DiskState[] = [];
  const waiting: { state: string; resolve: () => void }[] = [];
  const onState = (state: DiskState): void => {
    states.push(state);
    for (const one of waiting) if (one.state === state.state) one.resolve();
  };
  const tier = await DiskTier.open({ directory: path, maxBytes: MAX_BYTES, clock, background, onState });
  cleanups.push(async () => {
    await tier.close();
    await background.drain();
    expect(failures).toEqual([]);
  });
  const reaches = (state: DiskState['state']): Promise<void> =>
    tier.state.state === state ? Promise.resolve() : new Promise((resolve) => waiting.push({ state, resolve }));
  return { tier, clock, states, reaches };
}

cacheTierContract('disk', async () => {
  const { tier, clock } = await openTier(directory());
  return {
    tier,
    now: clock.now,
    elapse: (ms) => {
      clock.move(ms);
      return Promise.resolve();
    },
  };
});

describe('P06: the level on the disk', () => {
  const meta = (id: string, clock: Clock, born = 1_000): ReturnType<typeof tierMeta> =>
    tierMeta(id, clock.now(), { born });

  it('is warm after a restart, and remembers what was invalidated', async () => {
    const path = directory();
    const first = await openTier(path);
    await first.tier.set(meta('kept', first.clock), tierBytes(500_000));
    await first.tier.set(meta('gone', first.clock), tierBytes(10));
    await first.tier.invalidate(['gone'], 5_000);
    await first.tier.close();
    expect(first.states).toEqual([{ state: 'ok' }, { state: 'off', reason: 'closed' }]);

    const { tier, clock } = await openTier(path);
    expect(tier.invalidatedUntil).toBe(5_000);
    expect(await tier.get('kept')).toEqual(tierBytes(500_000));
    expect(await tier.get('gone')).toBeUndefined();
    expect(await tier.set(meta('gone', clock, 5_000), tierBytes(10))).toBe(false);
    expect(await tier.set(meta('gone', clock, 5_001), tierBytes(10))).toBe(true);
  });

  it('S7: its directory and its files are for its own user', async () => {
    const path = join(directory(), 'made', 'here');
    const { tier, clock } = await openTier(path);
    await tier.set(meta('id', clock), tierBytes(10));
    const modes = ['', ...readdirSync(path)].map((name) => (statSync(join(path, name)).mode & 0o777).toString(8));
    expect(modes).toEqual(['700', '600', '600', '600']);
  });

  it('is off while another has the directory, says why, and takes it over when that one has gone', async () => {
    const path = directory();
    const first = await openTier(path);
    const second = await openTier(path);
    expect(second.states).toEqual([{ state: 'off', reason: 'used by another process' }]);
    expect(await second.tier.get('id').then(() => 'answered', errorCode)).toBe('disk_failing');
    await first.tier.set(meta('id', first.clock), tierBytes(10));
    await first.tier.close();
    await second.reaches('ok');
    expect(await second.tier.get('id')).toEqual(tierBytes(10));
    expect(second.states).toHaveLength(2);
  });

  it('begins anew where the machine went down while it was written to, and where it is one of another time', async () => {
    const path = directory();
    const first = await openTier(path);
    await first.tier.set(meta('id', first.clock), tierBytes(10));
    await first.tier.close();
    expect(readdirSync(path)).toEqual(['cache-level.sqlite']);
    writeFileSync(join(path, 'cache-level.sqlite-boot'), 'another life');
    const second = await openTier(path);
    expect((await second.tier.size()).entries).toBe(0);
    await second.tier.set(meta('id', second.clock), tierBytes(10));
    await second.tier.close();

    const database = new DatabaseSync(join(path, 'cache-level.sqlite'));
    database.exec('PRAGMA user_version=2');
    database.close();
    const third = await openTier(path);
    expect((await third.tier.size()).entries).toBe(0);
    expect(third.states).toEqual([{ state: 'ok' }]);
  });

  it.each([
    ['what is no database', 'x'.repeat(50_000)],
    ['an empty file', ''],
  ])('begins anew where it finds %s, and touches nothing else', async (_what, content) => {
    const path = directory();
    writeFileSync(join(path, 'cache-level.sqlite'), content);
    writeFileSync(join(path, 'somebody.txt'), 'else');
    const { tier, clock, states } = await openTier(path);
    expect(states).toEqual([{ state: 'ok' }]);
    expect(await tier.set(meta('id', clock), tierBytes(10))).toBe(true);
    expect(readdirSync(path)).toContain('somebody.txt');
  });

  it('experiment 20: a directory that was removed while it was in use is made again', async () => {
    const path = join(directory(), 'level');
    const { tier, clock, states, reaches } = await openTier(path);
    await tier.invalidate(['red'], 5_000);
    rmSync(path, { recursive: true });
    expect(await tier.set(meta('id', clock, 6_000), tierBytes(10)).then(() => 'answered', errorCode)).toBe(
      'disk_failing',
    );
    expect(await tier.get('id').then(() => 'answered', errorCode)).toBe('disk_failing');
    await tier.invalidate(['blue'], 7_000);
    await reaches('ok');
    expect(states.slice(1)).toEqual([{ state: 'failing', reason: 'gone' }, { state: 'ok' }]);
    // The new file knows nothing of red: what is older than the last that was heard of is not taken.
    expect(await tier.set({ ...meta('id', clock, 4_000), tags: ['red'] }, tierBytes(10))).toBe(false);
    expect(await tier.set({ ...meta('id', clock, 6_000), tags: ['blue'] }, tierBytes(10))).toBe(false);
    expect(await tier.set(meta('id', clock, 8_000), tierBytes(10))).toBe(true);
  });

  it('experiment 20: a file that was replaced while it was in use is left, and the new one taken', async () => {
    const path = directory();
    const { tier, clock, states, reaches } = await openTier(path);
    const file = join(path, 'cache-level.sqlite');
    renameSync(file, join(path, 'moved'));
    writeFileSync(file, '');
    expect(await tier.set(meta('id', clock), tierBytes(10)).then(() => 'answered', errorCode)).toBe('disk_failing');
    await reaches('ok');
    expect(states.slice(1)).toEqual([{ state: 'failing', reason: 'gone' }, { state: 'ok' }]);
    expect(await tier.set(meta('id', clock), tierBytes(10))).toBe(true);
  });

  it('experiment 20: a path at which no directory can be is tried again, and no caller has to wait', async () => {
    const path = join(directory(), 'file');
    writeFileSync(path, '');
    const { tier, states, reaches } = await openTier(path);
    expect(states).toHaveLength(1);
    expect(tier.state.state).toBe('off');
    expect(await tier.get('id').then(() => 'answered', errorCode)).toBe('disk_failing');
    expect(await tier.invalidate(['red'], 7)).toBe(7);
    rmSync(path);
    mkdirSync(path);
    await reaches('ok');
    expect(await tier.get('id')).toBeUndefined();
    expect(tier.invalidatedUntil).toBe(7);
  });

  it('refuses more than a hundredth of its bytes in one entry, and stays within its bound whatever is set', async () => {
    const path = directory();
    const { tier, clock } = await openTier(path);
    expect(await tier.set(meta('large', clock), new Uint8Array(MAX_BYTES / 100))).toBe(true);
    expect(await tier.set(meta('larger', clock), new Uint8Array(MAX_BYTES / 100 + 1))).toBe(false);
    for (let at = 0; at < 300; at += 1)
      await tier.set(meta(`id-${String(at)}`, clock), new Uint8Array(400_000).fill(at));
    const bytes = readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
    expect(bytes).toBeGreaterThan(MAX_BYTES * 0.8);
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
    expect(await tier.get('large')).toBeUndefined();
    expect(await tier.get('id-299')).toEqual(new Uint8Array(400_000).fill(299));
  }, 30_000);
});
