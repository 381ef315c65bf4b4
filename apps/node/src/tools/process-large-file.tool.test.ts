import { seededRng } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { collectDefinitions } from '@mcp-cluster/tools';
import { RecordingContext } from '@mcp-cluster/tools/testing';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { ServedFolders } from '../files/served-folders.js';
import { ProcessLargeFileTool } from './process-large-file.tool.js';

const chunkSize = 65_536;

let outside: string;
let data: string;
let clock: VirtualClock;

beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'large-'));
  data = join(outside, 'data');
  clock = new VirtualClock();
  await mkdir(join(data, 'logs'), { recursive: true });
  await writeFile(join(outside, 'secret.csv'), 'secret');
  await symlink('../secret.csv', join(data, 'link.csv'));
  await writeFile(join(data, 'a.csv'), 'a,b\n1,22\n');
  await writeFile(join(data, 'empty.bin'), '');
  await writeFile(join(data, 'noise.bin'), Buffer.from([0, 1, 0x0a, 0xff, 0x41]));
  await writeFile(join(data, 'logs', 'app.log'), 'x'.repeat(200_000));
});

afterAll(async () => {
  await rm(outside, { recursive: true });
});

function make(): ProcessLargeFileTool {
  return new ProcessLargeFileTool(new ServedFolders(data, join(data, 'logs'), clock), data, clock, seededRng(5));
}

function definition() {
  const [collected] = collectDefinitions(make());
  if (collected?.kind !== 'tool') throw new Error('no tool');
  return collected.definition;
}

const sha256 = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');

describe('process_large_file', () => {
  it('S11: processes a file of the data folder and links to it', async () => {
    const { structuredContent, content } = await make().processLargeFile(
      { path: 'a.csv', chunkSize },
      new RecordingContext(),
    );
    expect(structuredContent).toEqual({
      bytes: 9,
      sha256: sha256('a,b\n1,22\n'),
      lines: 2,
      longestLine: 4,
      composition: { printable: 0.777778, whitespace: 0.222222, control: 0, nonAscii: 0 },
      processingTime: 0.001,
      throughput: 9,
      path: 'a.csv',
      uri: 'data://a.csv',
    });
    expect(content).toEqual([
      { type: 'text', text: expect.stringContaining('a.csv: 9 bytes, 2 lines, the longest of 4 bytes') as string },
      { type: 'resource_link', uri: 'data://a.csv', name: 'a.csv', mimeType: 'text/csv', size: 9 },
    ]);
  });

  it('S11: takes logs, binary and empty files', async () => {
    const log = await make().processLargeFile({ path: 'logs/app.log', chunkSize }, new RecordingContext());
    expect(log.structuredContent).toMatchObject({ bytes: 200_000, lines: 1, uri: 'logs://app.log' });
    const noise = await make().processLargeFile({ path: 'noise.bin', chunkSize }, new RecordingContext());
    expect(noise.structuredContent).toMatchObject({
      sha256: sha256(Buffer.from([0, 1, 0x0a, 0xff, 0x41])),
      lines: 2,
      composition: { printable: 0.2, whitespace: 0.2, control: 0.4, nonAscii: 0.2 },
    });
    expect(noise.content).toHaveLength(1);
    const empty = await make().processLargeFile({ path: 'empty.bin', chunkSize }, new RecordingContext());
    expect(empty.structuredContent).toMatchObject({ bytes: 0, lines: 0, sha256: sha256(''), throughput: 0 });
  });

  it('S11: reports progress in bytes with the speed, after every chunk, and gives others their turn', async () => {
    const context = new RecordingContext();
    context.onBreathe = () => void clock.advance(0);
    await make().processLargeFile({ size: 200_000, chunkSize, seed: 1 }, context);
    expect(context.reports.map(({ progress }) => progress)).toEqual([65_536, 131_072, 196_608, 200_000]);
    for (const { progress, total, message } of context.reports) {
      expect(total).toBe(200_000);
      expect(message).toMatch(new RegExp(`^bytes ${progress} of 200000, \\d+(\\.\\d)? MB/s$`));
    }
  });

  it('S11: generates the same bytes for the same seed, whatever the size of the chunks', async () => {
    const run = (args: { seed: number; chunkSize: number }) =>
      make().processLargeFile({ size: 100_003, ...args }, new RecordingContext());
    const first = (await run({ seed: 3, chunkSize })).structuredContent;
    expect((await run({ seed: 3, chunkSize: 1_025 })).structuredContent).toEqual(first);
    expect((await run({ seed: 4, chunkSize })).structuredContent.sha256).not.toBe(first.sha256);
    expect(first).toMatchObject({ bytes: 100_003, seed: 3 });
    const drawn = await make().processLargeFile({ size: 1, chunkSize }, new RecordingContext());
    expect(drawn.structuredContent).toMatchObject({ bytes: 1, seed: expect.any(Number) as number });
  });

  it.each([{ size: 1_000_000 }, { path: 'logs/app.log' }])('S16: stops between two chunks of %j', async (source) => {
    const context = new RecordingContext();
    context.onBreathe = () => {
      if (context.reports.length === 2) context.cancel();
    };
    await expect(make().processLargeFile({ chunkSize, ...source }, context)).rejects.toThrow('cancelled by the test');
    expect(context.reports).toHaveLength(2);
  });

  it('S11: detaches before long work, and not before short', async () => {
    const context = new RecordingContext();
    context.onBreathe = () => {
      context.cancel();
    };
    await expect(make().processLargeFile({ size: 67_108_865, chunkSize }, context)).rejects.toThrow('cancelled');
    expect(context.detached).toEqual({ statusMessage: 'bytes 0 of 67108865' });
    const short = new RecordingContext();
    await make().processLargeFile({ size: 100, chunkSize }, short);
    expect(short.detached).toBeUndefined();
  });

  it('S11: says that a file became shorter while it was processed', async () => {
    const path = join(data, 'shrinking.bin');
    await writeFile(path, 'x'.repeat(200_000));
    const context = new RecordingContext();
    context.breathe = () => truncate(path, 70_000);
    await expect(make().processLargeFile({ path: 'shrinking.bin', chunkSize }, context)).rejects.toThrow(
      'path: the file became shorter while it was read: it had 200000 bytes and ends after 70000',
    );
  });

  it.each([
    [{}, 'size, path: expected one of them, got neither'],
    [{ size: 1, path: 'a.csv' }, 'size, path: expected one of them, got both'],
    [{ path: 'a.csv', seed: 1 }, 'seed: expected only together with size'],
    [{ path: 'gone.csv' }, 'path: no file "gone.csv" in the data folder'],
    [{ path: 'logs' }, 'path: expected a file below the data folder, for example "measurements.csv", got "logs"'],
    [{ path: '../secret.csv' }, 'path: expected a file below the data folder'],
    [{ path: '/etc/passwd' }, 'path: expected a file below the data folder'],
    [{ path: 'link.csv' }, 'path: expected a file below the data folder'],
    [{ path: 'a.csv\0' }, 'path: expected a file below the data folder'],
  ])('S11: refuses %j naming the field', async (args, message) => {
    await expect(make().processLargeFile({ chunkSize, ...args }, new RecordingContext())).rejects.toThrow(message);
  });

  it.each([
    ['size', { size: 0 }],
    ['size', { size: -1 }],
    ['size', { size: 1.5 }],
    ['size', { size: 1_073_741_825 }],
    ['size', { size: '1' }],
    ['size', { size: null }],
    ['path', { path: '' }],
    ['path', { path: 7 }],
    ['path', { path: 'x'.repeat(1_025) }],
    ['chunkSize', { size: 1, chunkSize: 1_023 }],
    ['chunkSize', { size: 1, chunkSize: 1_048_577 }],
    ['chunkSize', { size: 1, chunkSize: 2_000.5 }],
    ['seed', { size: 1, seed: 0.5 }],
  ])('S11: the schema names %s as wrong in %j', (field, args) => {
    const parsed = (definition().input as z.ZodType).safeParse(args);
    expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
  });

  it('S11: accepts the largest size and says that it only reads', () => {
    expect((definition().input as z.ZodType).safeParse({ size: 1_073_741_824 }).data).toEqual({
      size: 1_073_741_824,
      chunkSize,
    });
    expect(definition().annotations).toMatchObject({ readOnlyHint: true, idempotentHint: true });
  });
});
