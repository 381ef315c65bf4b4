import { appendFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { expectRisingTo, type SeenProgress } from '../support/progress-checks.js';
import { eventually } from '../support/running.mjs';
import { ERAS, SdkSession, SDKS, type Sdk } from '../support/sdk-session.js';

/** More than two pages of a list. */
const FILES = 600;
const MEBIBYTE = 1_048_576;

let folder: string;
let cluster: Cluster;
const sessions: SdkSession[] = [];
const logs = (name: string) => join(folder, 'logs', name);
const data = (name: string) => join(folder, 'data', name);
const nameOf = (number: number) => `app-${String(number).padStart(4, '0')}.log`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-resources-'));
  await mkdir(join(folder, 'logs', 'deep', 'er'), { recursive: true });
  await mkdir(join(folder, 'data'));
  for (let number = 0; number < FILES; number += 1)
    await writeFile(logs(nameOf(number)), `line of ${String(number)}\n`);
  const line = (at: number) =>
    `2026-01-01T00:00:00.${String(at % 1_000).padStart(3, '0')}Z ${at % 5 === 0 ? 'ERROR' : 'INFO'} grüße 😀 ${'.'.repeat(at % 90)}\n`;
  const some = Array.from({ length: 10_000 }, (_none, at) => line(at)).join('');
  await writeFile(logs('whole.log'), some.slice(0, 600_000));
  await writeFile(logs('parts.log'), some.repeat(3));
  await writeFile(logs('huge.log'), some.repeat(Math.ceil((40 * MEBIBYTE) / Buffer.byteLength(some))));
  await writeFile(logs('deep/er/inner.log'), 'found below\n');
  await writeFile(logs('binary.log'), Buffer.from([0x41, 0x00, 0x01, 0x02]));
  await writeFile(logs('invalid.log'), Buffer.from([0x41, 0xff, 0xfe, 0x41]));
  await writeFile(join(folder, 'secret.txt'), 'nobody may read this');
  await symlink(join(folder, 'secret.txt'), logs('link.log'));
  await symlink(folder, logs('folder-link'));
  await writeFile(data('table.csv'), 'name,value\nada,1\ngrace,2\n');
  await writeFile(data('program.exe'), 'text, but no data');
  const env = { LOGS_DIR: join(folder, 'logs'), DATA_DIR: join(folder, 'data') };
  cluster = await startCluster({ nodes: 2, env });
});
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});
afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true });
});

async function connect(sdk: Sdk): Promise<SdkSession> {
  const session = await SdkSession.connect(sdk, cluster.url);
  sessions.push(session);
  return session;
}

/** S03, S06 on the wire: an SDK’s client may forget progress that came with the answer. */
function expectProgress(total: number, { messages }: SdkSession): void {
  const seen = messages.flatMap(({ method, params }) => (method === 'notifications/progress' ? [params] : []));
  expectRisingTo(total, seen as unknown as SeenProgress[]);
  expect(messages.findLastIndex(({ method }) => method === 'notifications/progress')).toBeLessThan(
    messages.findLastIndex(({ result }) => result?.['contents'] !== undefined),
  );
}

const onprogress = (): void => undefined;

describe.each(SDKS)('S12: files as resources, for the SDK’s client %s', (sdk) => {
  it('S12: a file is read whole, with progress in bytes', async () => {
    const session = await connect(sdk);
    const [contents, ...more] = await session.readResource('logs://whole.log', { onprogress });
    const file = await readFile(logs('whole.log'));
    expect(more).toEqual([]);
    expect(contents).toMatchObject({ uri: 'logs://whole.log', mimeType: 'text/plain' });
    expect(contents!.text).toBe(file.toString());
    expectProgress(file.length, session);
    const [inner] = await session.readResource('logs://deep%2Fer%2Finner.log');
    expect(inner!.text).toBe('found below\n');
    const [table] = await session.readResource('data://table.csv');
    expect(table).toMatchObject({ mimeType: 'text/csv', text: 'name,value\nada,1\ngrace,2\n' });
  });

  it('S12: the list has every file once, page by page; names are completed', async () => {
    const session = await connect(sdk);
    const listed = await session.listResources();
    expect(session.messages.filter(({ result }) => result?.['resources'] !== undefined).length).toBeGreaterThan(2);
    expect(new Set(listed.map(({ uri }) => uri)).size).toBe(listed.length);
    const files = listed.filter(({ name }) => /^app-\d{4}\.log$/.test(name)).map(({ name }) => name);
    expect(files.toSorted()).toEqual(Array.from({ length: FILES }, (_none, number) => nameOf(number)));
    expect(listed.find(({ uri }) => uri === 'data://table.csv')).toMatchObject({ size: 25 });
    expect(listed.map(({ name }) => name)).toContain('deep/er/inner.log');
    for (const { name } of listed) expect(name).not.toMatch(/secret|link\.log|program\.exe|folder-link/);
    expect(await session.complete('logs://{filename}', 'filename', 'app-059')).toEqual(
      Array.from({ length: 10 }, (_none, digit) => nameOf(590 + digit)),
    );
    expect((await session.complete('logs://{filename}', 'filename', 'app-')).length).toBeLessThanOrEqual(100);
    expect(await session.complete('data://{file}', 'file', 'ta')).toEqual(['table.csv']);
  });

  it('S12: a large file comes as a summary, and its parts joined are the file', async () => {
    const session = await connect(sdk);
    const [overview, links] = await session.readResource('logs://parts.log');
    expect(overview!.text).toContain('The last 100 lines:');
    const parts = JSON.parse(links!.text!) as { uri: string; type: string; size: number }[];
    const file = await readFile(logs('parts.log'));
    expect(parts.reduce((sum, { size }) => sum + size, 0)).toBe(file.length);
    const read = await Promise.all(parts.map(({ uri }) => session.readResource(uri)));
    expect(read.map(([part]) => part!.text).join('') === file.toString()).toBe(true);
  });

  it('S12: 40 MB are summarised in a short answer, with progress in bytes', async () => {
    const session = await connect(sdk);
    const contents = await session.readResource('logs://huge.log', { onprogress });
    const file = await readFile(logs('huge.log'));
    expectProgress(file.length, session);
    expect(JSON.stringify(contents).length).toBeLessThan(100_000);
    const text = contents[0]!.text!;
    expect(text).toContain(`${file.length.toLocaleString('en-US')} bytes`);
    expect(text).toContain(file.toString().trimEnd().split('\n').slice(-100).join('\n'));
    expect(JSON.parse(contents[1]!.text!)).toHaveLength(Math.ceil(file.length / MEBIBYTE));
  });

  it.each([
    ['encoded traversal', 'logs://..%2Fsecret.txt', 'filename'],
    ['traversal in the middle', 'logs://deep%2F..%2F..%2Fsecret.txt', 'filename'],
    ['traversal by backslashes', 'logs://..%5Csecret.txt', 'filename'],
    // Decoded once, that is the good name of a file that is not there.
    ['traversal encoded twice', 'logs://%252e%252e%252fsecret.txt', 'logs://%252e%252e%252fsecret.txt'],
    ['plain traversal', 'logs://../secret.txt', 'logs://../secret.txt'],
    ['an absolute path', 'logs://%2Fetc%2Fpasswd', 'filename'],
    ['a drive', 'logs://C:%5Cwindows%5Cwin.ini', 'filename'],
    ['a symlink that leads out', 'logs://link.log', 'filename'],
    ['a way through a linked folder', 'logs://folder-link%2Fsecret.txt', 'filename'],
    ['a folder', 'logs://deep', 'filename'],
    ['a NUL byte', 'logs://app-0001.log%00.txt', 'filename'],
    ['broken encoding', 'logs://%E0%A4%A', 'filename'],
    ['a very long name', `logs://${'a'.repeat(5_000)}`, 'filename'],
    ['a missing file', 'logs://missing.log', 'logs://missing.log'],
    ['a binary file', 'logs://binary.log', 'filename: expected a UTF-8 text file'],
    ['invalid UTF-8', 'logs://invalid.log', 'filename: expected a UTF-8 text file'],
    ['another kind of file', 'data://program.exe', 'file: expected'],
    ['traversal in data', 'data://..%2Fsecret.txt', 'file: expected'],
    ['a range that runs backwards', 'logs://parts.log?bytes=5-1', 'bytes'],
    ['a range beyond the end', 'logs://parts.log?bytes=0-99999999999', 'bytes'],
    ['a negative range', 'logs://parts.log?bytes=-5-1', 'bytes'],
    ['a fraction of a byte', 'logs://parts.log?bytes=0.5-1', 'bytes'],
    ['another query', 'logs://parts.log?lines=1-2', 'bytes'],
  ])('S12: %s is refused by its field, and the node goes on', async (_what, uri, field) => {
    const session = await connect(sdk);
    const pids = (await cluster.nodes()).map(({ pid }) => pid);
    const error = await session.readResource(uri).then(
      () => expect.unreachable('it was read'),
      (thrown: unknown) => thrown as Error & { code: number },
    );
    expect([-32602, -32002]).toContain(error.code);
    expect(error.message).toContain(field);
    // The machine’s own paths, which the caller did not name, and the file that nobody may read.
    expect(error.message).not.toContain(folder);
    expect(JSON.stringify(session.messages)).not.toContain('nobody may read this');
    const [next] = await session.readResource('logs://app-0001.log');
    expect(next!.text).toContain('line of 1');
    expect((await cluster.nodes()).map(({ pid }) => pid)).toEqual(pids);
  });
});

describe.each(ERAS)('S12: changes of files, for the SDK’s client %s', (sdk) => {
  const updated = 'notifications/resources/updated';

  it('S12: who subscribed to a file hears of it, and nobody else', async () => {
    const [first, second, third] = await Promise.all([connect(sdk), connect(sdk), connect(sdk)]);
    const uris = ['logs://app-0001.log', 'logs://app-0002.log'] as const;
    await Promise.all([first.subscribe(uris[0]), second.subscribe(uris[1])]);
    for (const [session, name] of [
      [first, 'app-0001.log'],
      [second, 'app-0002.log'],
    ] as const)
      await eventually(`a change of ${name} is heard`, async () => {
        // Again and again: the first may come before its client listens, or the node watches.
        await appendFile(logs(name), 'one more line\n');
        return session.heard(updated, `logs://${name}`) > 0 ? true : undefined;
      });
    expect(first.heard(updated, uris[1])).toBe(0);
    expect(second.heard(updated, uris[0])).toBe(0);
    expect(third.heard(updated)).toBe(0);
  });

  it('S12: a new file is a change of the list, and is in it', async () => {
    const session = await connect(sdk);
    await session.subscribe('logs://app-0003.log');
    let number = 0;
    await eventually('the change of the list is heard', async () => {
      await writeFile(logs(`new-${sdk.slice(0, 2)}-${String((number += 1))}.log`), 'new\n');
      return session.heard('notifications/resources/list_changed') > 0 ? true : undefined;
    });
    const names = (await session.listResources()).map(({ name }) => name);
    expect(names).toContain(`new-${sdk.slice(0, 2)}-1.log`);
  });
});
