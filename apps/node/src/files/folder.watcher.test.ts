import { Background } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FolderWatcher } from './folder.watcher.js';
import { ServedFolders } from './served-folders.js';

/** Real files, real events and a clock that stands still: what is told later is told when the test says so. */
let folder: string;
let clock: VirtualClock;
let told: string[];
let failed: Error[];
let folders: ServedFolders;
let watcher: FolderWatcher;
let background: Background;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watch-'));
  await writeFile(join(folder, 'a.csv'), 'a\n');
  clock = new VirtualClock();
  told = [];
  failed = [];
});

afterEach(async () => {
  await watcher.onModuleDestroy();
  await rm(folder, { recursive: true });
});

const announcer = {
  listChanged: (kind: string) => void told.push(`list of ${kind}`),
  resourceUpdated: (uri: string) => void told.push(uri),
};

async function start(path = folder, tell = announcer): Promise<void> {
  background = new Background((_name, error) => failed.push(error));
  folders = new ServedFolders(path, join(path, 'logs'), clock);
  watcher = new FolderWatcher(folders, tell, background, clock);
  await watcher.onModuleInit();
  await watcher.ready();
}

/** Waits for the system to tell of it; how long that takes is its business. */
async function toldOf(...what: string[]): Promise<void> {
  await vi.waitFor(
    () => {
      expect(told.toSorted()).toEqual(what.toSorted());
    },
    { timeout: 4_000, interval: 10 },
  );
}

describe('FolderWatcher', () => {
  it('S12: tells of a change once a second, and of the last one too', async () => {
    await start();
    await appendFile(join(folder, 'a.csv'), '1\n');
    await toldOf('data://a.csv');
    await appendFile(join(folder, 'a.csv'), '2\n');
    // Another file's event comes after that of the first.
    await writeFile(join(folder, 'b.csv'), 'b\n');
    await toldOf('data://a.csv', 'data://b.csv', 'list of resources');
    await clock.advance(1_000);
    await toldOf('data://a.csv', 'data://a.csv', 'data://b.csv', 'list of resources');
  });

  it('S12: tells of logs that come and go, in a folder that was not there before', async () => {
    await start();
    await mkdir(join(folder, 'logs', 'old'), { recursive: true });
    await writeFile(join(folder, 'logs', 'old', 'app 1.log'), 'INFO a\n');
    await toldOf('logs://old%2Fapp%201.log', 'list of resources');
    told = [];
    await clock.advance(1_000);
    await rm(join(folder, 'logs', 'old', 'app 1.log'));
    await toldOf('logs://old%2Fapp%201.log', 'list of resources');
    expect(watcher.failures).toBe(0);
  });

  it('S12: who was told of a change gets the new list', async () => {
    const listed: Promise<string[]>[] = [];
    await start(folder, {
      ...announcer,
      listChanged: () => void listed.push(folders.data.complete('')),
    });
    await folders.data.files();
    await writeFile(join(folder, 'b.csv'), 'b\n');
    await toldOf('data://b.csv');
    expect(await Promise.all(listed)).toEqual([['a.csv', 'b.csv']]);
  });

  it('O2: tells nothing of hidden files, files of no resource and what is behind links', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'watch-outside-'));
    await symlink(outside, join(folder, 'link'));
    await start();
    await writeFile(join(outside, 'x.csv'), 'x\n');
    await writeFile(join(folder, '.hidden.csv'), 'x\n');
    await writeFile(join(folder, 'program.mjs'), 'x\n');
    await writeFile(join(folder, 'z.csv'), 'z\n');
    await toldOf('data://z.csv', 'list of resources');
    await rm(outside, { recursive: true });
  });

  it('S12: watches a folder that is a link itself', async () => {
    const link = join(folder, 'link');
    await mkdir(join(folder, 'real'));
    await symlink('real', link);
    await start(link);
    await writeFile(join(folder, 'real', 'b.csv'), 'b\n');
    await toldOf('data://b.csv', 'list of resources');
  });

  it('goes on when a subscriber cannot be told, and says so', async () => {
    await start(folder, {
      ...announcer,
      listChanged: () => {
        throw new Error('broken stream');
      },
    });
    await writeFile(join(folder, 'b.csv'), 'b\n');
    await toldOf('data://b.csv');
    expect(failed.map(({ message }) => message)).toEqual(['broken stream']);
  });

  it('counts each failure to watch and reports one a minute', async () => {
    await start();
    const { watchers } = watcher as unknown as { watchers: { emit(event: 'error', error: Error): void }[] };
    for (const cause of ['ENOSPC', 'EMFILE', 'ENOSPC']) watchers[0]?.emit('error', new Error(cause));
    await background.drain();
    expect(watcher.failures).toBe(3);
    expect(failed.map(({ message }) => message)).toEqual(['ENOSPC']);
    await clock.advance(60_000);
    await background.drain();
    expect(failed).toHaveLength(2);
  });

  it('tells nothing after its end', async () => {
    await start();
    await appendFile(join(folder, 'a.csv'), '1\n');
    await toldOf('data://a.csv');
    await watcher.onModuleDestroy();
    expect(clock.pending).toBe(0);
  });
});
