import { Background, errorCode, systemClock } from '@mcp-cluster/kernel';
import { tierMeta } from '@mcp-cluster/testkit/contracts';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DiskState } from './disk-state.js';
import { DiskTier } from './disk.tier.js';

const mount = (...args: string[]): boolean => spawnSync('mount', args, { stdio: 'ignore' }).status === 0;
const unmount = (path: string): void => {
  spawnSync('umount', ['-l', path], { stdio: 'ignore' });
};

/** A file system of a few megabytes: only a process that may mount has one. */
function smallDisk(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'small-disk-'));
  if (mount('-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', path)) return path;
  rmSync(path, { recursive: true });
  return undefined;
}

const path = smallDisk();
if (path === undefined)
  console.warn('LEFT OUT: a full and a read-only disk for real, for this process may not mount one');

describe.skipIf(path === undefined)('experiment 20: a small disk, for real', () => {
  const directory = join(path ?? '', 'level');
  const ballast = join(path ?? '', 'ballast');
  const states: DiskState[] = [];
  const waiting: (() => void)[] = [];
  const background = new Background((name, error) => {
    throw new Error(name, { cause: error });
  });
  let tier: DiskTier;

  beforeAll(async () => {
    const onState = (state: DiskState): void => {
      states.push(state);
      for (const go of waiting.splice(0)) go();
    };
    tier = await DiskTier.open({ directory, maxBytes: 100_000_000, clock: systemClock, background, onState });
  });
  afterAll(async () => {
    await tier.close();
    unmount(path ?? '');
    rmSync(path ?? '', { recursive: true, force: true });
  });

  const set = (id: number): Promise<boolean> =>
    tier.set(tierMeta(String(id), systemClock.now()), new Uint8Array(500_000).fill(id));
  const becomes = async (state: DiskState['state']): Promise<void> => {
    while (tier.state.state !== state) await new Promise<void>((resolve) => waiting.push(resolve));
  };

  it('a full disk makes it fail and says so, nothing that was written is wrong, and with room it works again', async () => {
    const kept: number[] = [];
    let refused: string | undefined;
    for (let id = 1; refused === undefined; id += 1) {
      expect(id).toBeLessThan(100);
      await set(id).then(
        () => kept.push(id),
        (error: unknown) => {
          refused = errorCode(error);
        },
      );
    }
    expect([refused, tier.state]).toEqual(['disk_failing', { state: 'failing', reason: 'full' }]);
    expect(await tier.get('1').then(() => 'answered', errorCode)).toBe('disk_failing');
    expect(await tier.invalidate(['2'], 5_000)).toBe(5_000);

    spawnSync('mount', ['-o', 'remount,size=40m', path ?? '']);
    await becomes('ok');
    expect(await tier.get('2')).toBeUndefined();
    for (const id of kept) {
      const bytes = await tier.get(String(id));
      if (id !== 2 && bytes !== undefined) expect(Buffer.compare(bytes, new Uint8Array(500_000).fill(id))).toBe(0);
    }
    expect(await tier.get('1')).toBeDefined();
    expect(await set(200)).toBe(true);
    expect(states.filter(({ state }) => state === 'failing')).toHaveLength(1);
  }, 30_000);

  it('a disk that others have filled is off from the start, and one that is read-only too', async () => {
    await tier.close();
    states.length = 0;
    rmSync(directory, { recursive: true });
    const fill = (): void => {
      try {
        writeFileSync(`${ballast}-some`, new Uint8Array(400_000));
        for (let at = 0; ; at += 1) writeFileSync(ballast + String(at), new Uint8Array(1_000_000));
      } catch {
        // Full. What is left is enough to open, and not for what may be set.
        rmSync(`${ballast}-some`);
      }
    };
    fill();
    const onState = (state: DiskState): void => {
      states.push(state);
      for (const go of waiting.splice(0)) go();
    };
    tier = await DiskTier.open({ directory, clock: systemClock, background, onState });
    expect(states).toEqual([{ state: 'off', reason: 'full' }]);
    spawnSync('sh', ['-c', `rm -f ${ballast}*`]);
    await becomes('ok');
    await tier.close();

    expect(mount('-o', 'remount,ro', path ?? '')).toBe(true);
    states.length = 0;
    tier = await DiskTier.open({ directory, clock: systemClock, background, onState });
    expect(states).toEqual([{ state: 'off', reason: 'read-only' }]);
    expect(await set(1).then(() => 'answered', errorCode)).toBe('disk_failing');
    expect(mount('-o', 'remount,rw', path ?? '')).toBe(true);
    await becomes('ok');
    expect(await set(1)).toBe(true);
  }, 30_000);
});
