import { VirtualClock } from '@mcp-cluster/testkit';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServedFolders } from './served-folders.js';

let outside: string;
let data: string;
let clock: VirtualClock;

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'listing-'));
  data = join(outside, 'data');
  clock = new VirtualClock();
  await put('data/a.csv', 'data/sub/b,c d.ndjson', 'data/logs/app.log', 'data/logs/old/app.log.1', 'secret.csv');
});

afterEach(async () => {
  await rm(outside, { recursive: true });
});

async function put(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(outside, name)), { recursive: true });
    await writeFile(join(outside, name), name);
  }
}

function served(logs = join(data, 'logs')): ServedFolders {
  return new ServedFolders(data, logs, clock);
}

const names = async (list: { files(): Promise<{ name: string }[]> }) => (await list.files()).map(({ name }) => name);

describe('FolderListing', () => {
  it('S12: lists the files of each folder, by name, as resources', async () => {
    const folders = served();
    expect(await folders.logs.files()).toEqual([
      { uri: 'logs://app.log', name: 'app.log', mimeType: 'text/plain', size: 17 },
      { uri: 'logs://old%2Fapp.log.1', name: 'old/app.log.1', mimeType: 'text/plain', size: 23 },
    ]);
    expect(await folders.data.files()).toEqual([
      { uri: 'data://a.csv', name: 'a.csv', mimeType: 'text/csv', size: 10 },
      { uri: 'data://sub%2Fb%2Cc%20d.ndjson', name: 'sub/b,c d.ndjson', mimeType: 'application/x-ndjson', size: 21 },
    ]);
  });

  it('O2: leaves out what is hidden, no regular file, of another kind, too deep or outside', async () => {
    await put(
      'data/.hidden.csv',
      'data/.git/x.csv',
      'data/program.mjs',
      'data/1/2/3/4/in.csv',
      'data/1/2/3/4/5/out.csv',
    );
    await mkdir(join(data, 'folder.csv'));
    execFileSync('mkfifo', [join(data, 'pipe.csv')]);
    await symlink('../secret.csv', join(data, 'link.csv'));
    await symlink('logs/app.log', join(data, 'log.csv'));
    await symlink('gone.csv', join(data, 'dangling.csv'));
    await symlink('..', join(data, 'up'));
    await symlink('a.csv', join(data, 'inner.csv'));
    expect(await names(served().data)).toEqual(['1/2/3/4/in.csv', 'a.csv', 'inner.csv', 'sub/b,c d.ndjson']);
  });

  it('S12: a folder that is not there is empty, and one elsewhere takes nothing from the data folder', async () => {
    expect(await names(served(join(outside, 'none')).logs)).toEqual([]);
    expect(await names(served(outside).data)).toEqual(['a.csv', 'sub/b,c d.ndjson']);
  });

  it('S12: completes names', async () => {
    const { logs } = served();
    expect(await logs.complete('')).toEqual(['app.log', 'old/app.log.1']);
    expect(await logs.complete('old/')).toEqual(['old/app.log.1']);
    expect(await logs.complete('x')).toEqual([]);
  });

  it('keeps the list for the pages of one reading, and forgets it when a file came or went', async () => {
    const { logs } = served();
    await logs.files();
    await put('data/logs/b.log');
    expect(await names(logs)).toHaveLength(2);
    await clock.advance(1_000);
    expect(await names(logs)).toHaveLength(3);
    await put('data/logs/c.log');
    logs.forget();
    expect(await names(logs)).toHaveLength(4);
  });
});

describe('ServedFolders', () => {
  it.each([
    ['a.csv', 'data://a.csv', 'text/csv'],
    ['sub/b.JSON', 'data://sub%2Fb.JSON', 'application/json'],
    ['logs/app.log', 'logs://app.log', 'text/plain'],
    ['logs/old/app.log.1', 'logs://old%2Fapp.log.1', 'text/plain'],
    ['sub/../logs/app.log', 'logs://app.log', 'text/plain'],
  ])('S11: knows %s as %s', (name, uri, mimeType) => {
    expect(served().resourceOf(name)).toEqual({ uri, mimeType });
  });

  it('S11: knows no resource of other files', () => {
    expect(served().resourceOf('program.mjs')).toBeUndefined();
    expect(served(outside).resourceOf('a.csv')).toEqual({ uri: 'logs://data%2Fa.csv', mimeType: 'text/plain' });
  });
});
