import { appendFile, mkdtemp, open, rm, truncate, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHUNK_BYTES, readChunks, readTextChunks, type FileChunk } from './file-chunks.js';

let folder: string;
let handles: FileHandle[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chunks-'));
  handles = [];
});

afterEach(async () => {
  await Promise.all(handles.map((handle) => handle.close()));
  await rm(folder, { recursive: true });
});

async function fileOf(content: Buffer | string) {
  const path = join(folder, 'file');
  await writeFile(path, content);
  const handle = await open(path);
  handles.push(handle);
  return { path, file: { handle, size: (await handle.stat()).size } };
}

async function gather(chunks: AsyncIterable<FileChunk>) {
  const texts: string[] = [];
  const ends: number[] = [];
  for await (const { bytes, end } of chunks) {
    texts.push(bytes.toString());
    ends.push(end);
  }
  return { texts, ends };
}

describe('readChunks', () => {
  it('S12: reads in chunks of 64 KB, the last one as it comes out', async () => {
    const { file } = await fileOf('x'.repeat(150_000));
    const { texts, ends } = await gather(readChunks(file, { field: 'path' }));
    expect(ends).toEqual([CHUNK_BYTES, 2 * CHUNK_BYTES, 150_000]);
    expect(texts.join('')).toBe('x'.repeat(150_000));
  });

  it('reads no chunk of an empty file', async () => {
    const { file } = await fileOf('');
    expect(await gather(readChunks(file, { field: 'path' }))).toEqual({ texts: [], ends: [] });
  });

  it('reads a range, in chunks of the size that was asked for', async () => {
    const { file } = await fileOf('0123456789');
    const { texts } = await gather(readChunks(file, { field: 'path', range: { start: 2, end: 9 }, chunkBytes: 3 }));
    expect(texts).toEqual(['234', '567', '8']);
  });

  it('S12: says that a file became shorter while it was read', async () => {
    const { file, path } = await fileOf('x'.repeat(100));
    const reading = readChunks(file, { field: 'path', chunkBytes: 10 });
    await reading.next();
    await truncate(path, 15);
    await reading.next();
    await expect(reading.next()).rejects.toThrow(
      'path: the file became shorter while it was read: it had 100 bytes and ends after 15',
    );
  });

  it('S12: reads a growing file as long as it was', async () => {
    const { file, path } = await fileOf('x'.repeat(25));
    const reading = readChunks(file, { field: 'path', chunkBytes: 10 });
    await reading.next();
    await appendFile(path, 'y'.repeat(25));
    const { texts } = await gather(reading);
    expect(texts.join('')).toBe('x'.repeat(15));
  });
});

describe('readTextChunks', () => {
  it('S12: cuts between characters, wherever the chunk ends', async () => {
    const text = 'aé€😀'.repeat(30);
    const { file } = await fileOf(text);
    for (const chunkBytes of [4, 5, 6, 7, 64]) {
      const { texts } = await gather(readTextChunks(file, { field: 'file', chunkBytes }));
      expect(texts.join('')).toBe(text);
    }
  });

  it('S12: says where a file is no text', async () => {
    const { file } = await fileOf(Buffer.concat([Buffer.from('x'.repeat(70_000)), Buffer.from([0xff])]));
    await expect(gather(readTextChunks(file, { field: 'file' }))).rejects.toThrow(
      'file: expected a UTF-8 text file, got bytes that are not UTF-8 at offset 70000',
    );
  });

  it('S12: refuses half a character at the end, unless the file has grown since', async () => {
    const { file, path } = await fileOf(Buffer.from('ab€').subarray(0, 4));
    await expect(gather(readTextChunks(file, { field: 'file' }))).rejects.toThrow('offset 2');
    await appendFile(path, Buffer.from('€').subarray(2));
    expect((await gather(readTextChunks(file, { field: 'file' }))).texts).toEqual(['ab']);
  });

  it('S12: ends when the file becomes shorter in the middle of a character', async () => {
    const { file, path } = await fileOf('€'.repeat(10));
    const reading = readTextChunks(file, { field: 'file', chunkBytes: 6 });
    await reading.next();
    await truncate(path, 7);
    await expect(reading.next()).rejects.toThrow('file: the file became shorter while it was read');
  });
});
