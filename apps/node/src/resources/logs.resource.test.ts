import { Code, Registry, WireError, type ResourceTemplateDefinition } from '@mcp-cluster/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import { collectDefinitions } from '@mcp-cluster/tools';
import { RecordingContext } from '@mcp-cluster/tools/testing';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServedFolders } from '../files/served-folders.js';
import { LogsResource } from './logs.resource.js';

const SUMMARY_BYTES = 4_096;
const SAMPLES = fileURLToPath(new URL('../../../../data/', import.meta.url));

let outside: string;
let logs: string;
let resource: LogsResource;
let registry: Registry;

beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'logs-'));
  logs = join(outside, 'logs');
  await mkdir(join(logs, 'old'), { recursive: true });
  await writeFile(join(outside, 'secret.log'), 'secret\n');
  await writeFile(join(logs, 'app.log'), 'INFO one\nWARN zwei €\n');
  await writeFile(join(logs, 'empty.log'), '');
  await writeFile(join(logs, 'old', 'app 1%.log'), 'INFO old\n');
  await writeFile(join(logs, '%2e%2e'), 'a name of dots\n');
  await writeFile(join(logs, 'what?.log'), 'INFO ?\n');
  await writeFile(join(logs, 'edge.log'), 'x'.repeat(SUMMARY_BYTES));
  await writeFile(join(logs, 'binary.log'), Buffer.from([0x61, 0x62, 0x00]));
  await writeFile(join(logs, 'latin1.log'), Buffer.from('Gr\xf6\xdfe\n', 'latin1'));
  await writeFile(join(logs, 'euros.log'), '€'.repeat(2_000));
  await writeFile(join(logs, 'big.log'), bigLog());
  await writeFile(join(logs, 'huge.log'), 'y'.repeat(200 * SUMMARY_BYTES + 5));
  await symlink('../secret.log', join(logs, 'link.log'));
  await symlink('..', join(logs, 'up'));
  const folders = new ServedFolders(join(outside, 'data'), logs, new VirtualClock());
  resource = new LogsResource(folders, SUMMARY_BYTES);
  registry = registryOf(resource);
});

afterAll(async () => {
  await rm(outside, { recursive: true });
});

function registryOf(instance: LogsResource): Registry {
  const made = new Registry();
  made.resourceTemplate(definitionOf(instance));
  return made;
}

function definitionOf(instance: LogsResource): ResourceTemplateDefinition {
  const [collected] = collectDefinitions(instance);
  if (collected?.kind !== 'resourceTemplate') throw new Error('no template');
  return collected.definition;
}

/** 250 lines; the 120th is far too long to be shown. */
function bigLog(): string {
  const lines = Array.from({ length: 250 }, (_, index) => {
    const at = new Date(Date.UTC(2026, 10, 1, 8, 0, index)).toISOString();
    if (index === 200) return `${at} ERROR ${'long '.repeat(4_000)}`;
    return index % 2 === 0 ? `${at} INFO line ${index}` : JSON.stringify({ level: 40, time: at, msg: `line ${index}` });
  });
  return `${lines.join('\r\n')}\r\n`;
}

/** Reads as the dispatcher does: the registry finds the template and its variables. */
async function read(uri: string, context = new RecordingContext(), from = registry) {
  const located = from.locate(uri);
  if (located?.kind !== 'template') throw new Error(`nothing at ${uri}`);
  const result = await located.resource.definition.handler(located.variables, context, uri);
  return (result as { contents: { uri: string; mimeType: string; text: string }[] }).contents;
}

async function refusal(uri: string, context = new RecordingContext()): Promise<WireError> {
  const thrown: unknown = await read(uri, context).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(WireError);
  return thrown as WireError;
}

describe('logs://{filename}', () => {
  it.each([
    ['logs://app.log', 'INFO one\nWARN zwei €\n'],
    ['logs://empty.log', ''],
    ['logs://old%2Fapp%201%25.log', 'INFO old\n'],
    ['logs://%252e%252e', 'a name of dots\n'],
    ['logs://what%3F.log', 'INFO ?\n'],
    ['logs://edge.log', 'x'.repeat(SUMMARY_BYTES)],
  ])('S12: gives %s whole', async (uri, text) => {
    expect(await read(uri)).toEqual([{ uri, mimeType: 'text/plain', text }]);
  });

  it('S12: reads in chunks of 64 KB with progress in bytes', async () => {
    const size = (await readFile(join(logs, 'huge.log'))).length;
    const context = new RecordingContext();
    let breaths = 0;
    context.onBreathe = () => (breaths += 1);
    await read('logs://huge.log', context);
    expect(context.reports[0]).toEqual({ progress: 65_536, total: size, message: `bytes 65536 of ${size}, lines 0` });
    expect(context.reports.at(-1)).toMatchObject({ progress: size, total: size });
    expect(context.reports).toHaveLength(Math.ceil(size / 65_536));
    expect(breaths).toBe(context.reports.length);
  });

  it('S16: stops between two chunks', async () => {
    const context = new RecordingContext();
    context.onBreathe = () => {
      if (context.reports.length === 2) context.cancel();
    };
    await expect(read('logs://huge.log', context)).rejects.toThrow('cancelled by the test');
    expect(context.reports).toHaveLength(2);
  });

  it.each([
    '%2e%2e%2fsecret.log',
    '..%2Fsecret.log',
    '%2E%2E%5Csecret.log',
    '..\\secret.log',
    '..',
    '.',
    'old',
    'old%2F..%2F..%2Fsecret.log',
    '%2Fetc%2Fpasswd',
    'C:%5Csecret.log',
    'link.log',
    'up%2Fsecret.log',
    'app.log%00',
    '%2e%2e%2fsecret.log?bytes=0-1',
  ])('O2: gives nothing outside the log folder: %s', async (reference) => {
    const error = await refusal(`logs://${reference}`);
    expect(error.code).toBe(Code.InvalidParams);
    expect(error.message).toMatch(/^Invalid params: filename: expected a file below the log folder/);
    expect(error.message).not.toContain(outside);
  });

  it.each(['../secret.log', '/etc/passwd', '../../etc/passwd', ''])('O2: %j is no file name at all', (reference) => {
    expect(registry.locate(`logs://${reference}`)).toBeUndefined();
  });

  it.each(['gone.log', '%252e%252e%252fsecret.log', '%25%32%65.log', 'app.log%2Fx'])(
    'S12: %s is not found, as any other resource',
    async (reference) => {
      const uri = `logs://${reference}`;
      const session = Object.assign(new RecordingContext(), { era: 'session' });
      const message = `Resource not found: ${JSON.stringify(uri)}`;
      expect(await refusal(uri)).toMatchObject({ code: -32_602, message, data: { uri } });
      expect(await refusal(uri, session)).toMatchObject({ code: -32_002, message, data: { uri } });
    },
  );

  it('S12: without a log folder nothing is found', async () => {
    const folders = new ServedFolders(outside, join(outside, 'none'), new VirtualClock());
    const without = registryOf(new LogsResource(folders, SUMMARY_BYTES));
    await expect(read('logs://app.log', undefined, without)).rejects.toThrow('Resource not found');
  });

  it.each([
    ['binary.log', 'filename: expected a UTF-8 text file, got a NUL byte at offset 2'],
    ['latin1.log', 'filename: expected a UTF-8 text file, got bytes that are not UTF-8 at offset 2'],
    ['%zz.log', 'filename: expected a percent-encoded UTF-8 name, got "%zz.log"'],
    ['%ff.log', 'filename: expected a percent-encoded UTF-8 name, got "%ff.log"'],
    ['app.log?bytes=9-2', 'bytes: expected START up to END, got 9-2'],
    ['app.log?lines=1-2', 'bytes: expected ?bytes=START-END, for example ?bytes=0-1023, got "?lines=1-2"'],
    ['app.log?', 'bytes: expected ?bytes=START-END, for example ?bytes=0-1023, got "?"'],
    ['app.log?bytes=0-1?bytes=0-1', 'bytes: expected ?bytes=START-END'],
    ['app.log?bytes=0-99', 'bytes: expected END up to 22, got 0-99'],
    ['big.log?bytes=0-4096', 'bytes: expected at most 4096 bytes, got 4097'],
    ['euros.log?bytes=1-2', 'bytes: expected a range in which a character begins, got ?bytes=1-2'],
    ['latin1.log?bytes=1-4', 'filename: expected a UTF-8 text file, got bytes that are not UTF-8 at offset 2'],
  ])('S12: refuses %s naming what is wrong', async (reference, message) => {
    const error = await refusal(`logs://${reference}`);
    expect(error.code).toBe(Code.InvalidParams);
    expect(error.message).toContain(`Invalid params: ${message}`);
  });

  it('S12: a file that became shorter is the server’s failure, said in words', async () => {
    const path = join(logs, 'shrinking.log');
    await writeFile(path, 'z'.repeat(200_000));
    const context = new RecordingContext();
    let cut: Promise<void> | undefined;
    context.breathe = async () => {
      cut ??= truncate(path, 70_000);
      await cut;
    };
    const error = await refusal('logs://shrinking.log', context);
    expect(error).toMatchObject({
      code: Code.InternalError,
      message: 'filename: the file became shorter while it was read: it had 200000 bytes and ends after 70000',
    });
    await rm(path);
  });

  it('S12: a file that may not be read is not the caller’s mistake', async () => {
    const path = join(logs, 'private.log');
    await writeFile(path, 'x');
    await chmod(path, 0);
    // Root may read everything: for a moment the process is somebody who may enter the folder and not read the file.
    for (const above of [outside, logs]) await chmod(above, 0o755);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    const refused = await refusal('logs://private.log').finally(() => {
      if (isRoot) process.seteuid?.(0);
    });
    const message = 'filename: "private.log" may not be read by this server';
    expect(refused).toMatchObject({ code: Code.InternalError, message });
    await rm(path);
  });
});

describe('a log above the limit', () => {
  it('S12: comes as a summary, its last 100 lines and links to byte ranges', async () => {
    const size = (await readFile(join(logs, 'big.log'))).length;
    const [summary, links] = await read('logs://big.log');
    const lines = summary!.text.split('\n');
    expect(lines.slice(0, 8)).toEqual([
      `big.log: ${size.toLocaleString('en-US')} bytes, 250 lines. Files above 4,096 bytes are summarised.`,
      expect.stringMatching(/^logs:\/\/big\.log\?bytes=START-END gives .* links to all \d+ parts follow\.$/),
      'Longest line: 20,032 bytes (line 201)',
      'Lines by level: FATAL 0, ERROR 1, WARN 125, INFO 124, DEBUG 0, TRACE 0; without one 0.',
      'First timestamp: 2026-11-01T08:00:00.000Z',
      'Last timestamp: 2026-11-01T08:04:09.000Z',
      '',
      'The last 100 lines:',
    ]);
    const last = lines.slice(8);
    expect(last).toHaveLength(100);
    expect(last[0]).toBe('2026-11-01T08:02:30.000Z INFO line 150');
    expect(last.at(-1)).toBe('{"level":40,"time":"2026-11-01T08:04:09.000Z","msg":"line 249"}');
    expect(last[50]).toMatch(/^2026-11-01T08:03:20.000Z ERROR .{8160,8192} … \(cut: the line has 20032 bytes\)$/);
    expect(links).toMatchObject({ uri: 'logs://big.log', mimeType: 'application/json' });
    expect((JSON.parse(links!.text) as unknown[])[1]).toEqual({
      type: 'resource_link',
      uri: 'logs://big.log?bytes=4096-8191',
      name: 'big.log bytes=4096-8191',
      mimeType: 'text/plain',
      size: 4_096,
    });
  });

  it.each(['big.log', 'euros.log'])('S12: the parts of %s, one after the other, are the file', async (name) => {
    const [, links] = await read(`logs://${name}`);
    const texts: string[] = [];
    for (const { uri } of JSON.parse(links!.text) as { uri: string }[]) {
      const [part] = await read(uri);
      texts.push(part!.text);
    }
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.join('')).toBe(await readFile(join(logs, name), 'utf8'));
  });

  it('S12: a part says which bytes it really has', async () => {
    expect(await read('logs://app.log?bytes=5-12')).toEqual([
      { uri: 'logs://app.log?bytes=5-12', mimeType: 'text/plain', text: 'one\nWARN' },
    ]);
    // A character belongs to the range in which it begins.
    expect(await read('logs://euros.log?bytes=1-6')).toEqual([
      { uri: 'logs://euros.log?bytes=3-8', mimeType: 'text/plain', text: '€€' },
    ]);
  });

  it('S12: has at most 100 links, to its beginning and its end', async () => {
    const [summary, links] = await read('logs://huge.log');
    const uris = (JSON.parse(links!.text) as { uri: string }[]).map(({ uri }) => uri);
    expect(uris).toHaveLength(100);
    expect(uris[49]).toBe('logs://huge.log?bytes=200704-204799');
    expect(uris[50]).toBe('logs://huge.log?bytes=618496-622591');
    expect(uris.at(-1)).toBe('logs://huge.log?bytes=819200-819204');
    expect(summary!.text).toContain('links to the first 50 and the last 50 of 201 parts follow.');
  });

  it('S12: sums up the sample log', async () => {
    const folders = new ServedFolders(SAMPLES, join(SAMPLES, 'logs'), new VirtualClock());
    const [summary] = await read('logs://cluster.log', undefined, registryOf(new LogsResource(folders, 1_024)));
    expect(summary!.text).toContain('FATAL 1, ERROR 3, WARN 16, INFO 202, DEBUG 65, TRACE 13; without one 0.');
  });
});

describe('the list of logs', () => {
  it('S12: names URIs that can be read', async () => {
    const definition = definitionOf(resource);
    const listed = (await definition.list?.()) ?? [];
    expect(listed.map(({ name }) => name)).toContain('old/app 1%.log');
    expect(listed.map(({ name }) => name)).not.toContain('link.log');
    for (const { uri, size } of listed) {
      const [first] = await read(uri).catch((error: unknown) => [{ uri, text: (error as Error).message }]);
      if (size! <= SUMMARY_BYTES && !first!.text.startsWith('Invalid params: filename: expected a UTF-8'))
        expect(Buffer.byteLength(first!.text), uri).toBe(size);
    }
  });

  it('S12: completes file names', async () => {
    const { complete } = definitionOf(resource);
    expect(await complete?.['filename']?.('e', {})).toEqual(['edge.log', 'empty.log', 'euros.log']);
  });
});
