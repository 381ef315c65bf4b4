import { ToolError } from '@mcp-cluster/tools';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGuardedFile, type GuardedFolder } from './guarded-file.js';

let outside: string;
let folder: string;

beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'data-'));
  folder = join(outside, 'data');
  await mkdir(join(folder, 'sub', 'dir.csv'), { recursive: true });
  await writeFile(join(outside, 'secret.csv'), 'a\n1\n');
  await writeFile(join(folder, 'ok.csv'), 'a\n1\n');
  await writeFile(join(folder, 'sub', 'deep.CSV'), 'a\n12\n');
  await writeFile(join(folder, 'notes.txt'), 'a\n1\n');
  await mkdir(join(outside, 'data-beside'));
  await writeFile(join(outside, 'data-beside', 'x.csv'), 'a\n1\n');
  await symlink(join(outside, 'secret.csv'), join(folder, 'link.csv'));
  await symlink(outside, join(folder, 'up'));
  await symlink('../data-beside/x.csv', join(folder, 'beside.csv'));
  await symlink('ok.csv', join(folder, 'inner.csv'));
  await symlink('sub/deep.CSV', join(folder, 'into-sub.csv'));
  await symlink('loop.csv', join(folder, 'loop.csv'));
  execFileSync('mkfifo', [join(folder, 'pipe.csv')]);
});

afterAll(async () => {
  await rm(outside, { recursive: true });
});

/** The folder as a tool for CSV files would offer it. */
function guarded(path: string): GuardedFolder {
  const expected = 'a CSV file below the data folder, for example "measurements.csv"';
  return { path, field: 'file', title: 'data folder', extensions: ['.csv'], expected };
}

describe('openGuardedFile', () => {
  it.each([
    ['ok.csv', 4],
    ['sub/deep.CSV', 5],
    ['inner.csv', 4],
  ])('S07: opens %s', async (name, size) => {
    const file = await openGuardedFile(guarded(folder), name);
    expect(file.size).toBe(size);
    await file.handle.close();
  });

  it.each([
    '../secret.csv',
    'sub/../../secret.csv',
    'sub/../ok.csv',
    '..\\secret.csv',
    '/etc/passwd.csv',
    'C:\\secret.csv',
    '\\\\host\\share\\x.csv',
    'link.csv',
    'beside.csv',
    'up/secret.csv',
    'loop.csv',
    'pipe.csv',
    'sub/dir.csv',
    'notes.txt',
    'ok.csv\0.csv',
    `${'x'.repeat(300)}.csv`,
  ])('S07: refuses %j and names the field, what came and what was expected', async (name) => {
    const refused = openGuardedFile(guarded(folder), name);
    await expect(refused).rejects.toBeInstanceOf(ToolError);
    await expect(refused).rejects.toThrow(
      `file: expected a CSV file below the data folder, for example "measurements.csv", got ${JSON.stringify(name)}`,
    );
  });

  it.each(['missing.csv', 'ok.csv/x.csv'])('S07: says that %s is not there', async (name) => {
    await expect(openGuardedFile(guarded(folder), name)).rejects.toThrow(`file: no file "${name}" in the data folder`);
  });

  it.each([
    ['sub/deep.CSV', 'refused'],
    ['../data/sub/deep.CSV', 'refused'],
    ['into-sub.csv', 'refused'],
    ['gone.csv', 'missing'],
  ])('S12: a folder inside may belong to another: %s is %s', async (name, problem) => {
    const without = { ...guarded(folder), except: join(folder, 'sub') };
    await expect(openGuardedFile(without, name)).rejects.toMatchObject({ problem });
  });

  it('S12: a folder elsewhere, or one that holds this one, takes nothing away', async () => {
    for (const except of [outside, folder, join(folder, 'none')]) {
      const file = await openGuardedFile({ ...guarded(folder), except }, 'ok.csv');
      await file.handle.close();
    }
  });

  it('shows no more of a long name than helps', async () => {
    const refused = openGuardedFile(guarded(folder), `../${'x'.repeat(100_000)}.csv`);
    await expect(refused).rejects.toMatchObject({ message: expect.stringMatching(/^.{1,600}$/) as string });
  });

  it('keeps the path of a missing data folder to itself', async () => {
    await expect(openGuardedFile(guarded(join(folder, 'gone')), 'ok.csv')).rejects.toThrow(
      /^file: this server has no data folder$/,
    );
  });
});
