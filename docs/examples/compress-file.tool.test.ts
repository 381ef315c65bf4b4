import { KNOWS_TASKS } from '@mcp-cluster/testkit/protocol';
import { RecordingContext } from '@mcp-cluster/tools/testing';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CompressFileTool } from './compress-file.tool.js';
import { dataFolder, nodeWith, resultOf, until } from './examples.fixture.js';

const TEXT = 'to be or not to be, '.repeat(10_000);
/** More than the tool makes a client wait for. */
const LONG = Buffer.alloc(40_000_000);
const CALL = { name: 'compress_file', arguments: { file: 'long.bin' } };

describe('compress_file', () => {
  it('S03: writes a file that gunzip reads, and reports up to the size', async () => {
    const folder = await dataFolder({ 'notes.txt': TEXT });
    const context = new RecordingContext();
    const { structuredContent } = await new CompressFileTool(folder).compressFile({ file: 'notes.txt' }, context);
    const written = await readFile(join(folder, 'notes.txt.gz'));
    expect(gunzipSync(written).toString()).toBe(TEXT);
    expect(structuredContent).toEqual({ file: 'notes.txt.gz', bytes: TEXT.length, compressedBytes: written.length });
    expect(context.reports.at(-1)).toMatchObject({ progress: TEXT.length, total: TEXT.length });
    expect(context.detached).toBeUndefined();
  });

  it('S13: answers a client that knows tasks with a handle when the file is long', async () => {
    const node = nodeWith(new CompressFileTool(await dataFolder({ 'long.bin': LONG })));
    const handle = await resultOf(node.stateless('tools/call', CALL, KNOWS_TASKS));
    expect(handle).toMatchObject({ resultType: 'task', status: 'working', statusMessage: 'compressing long.bin' });
    await until(() => node.endedTasks.length === 1);
    const { taskId } = handle;
    expect(await resultOf(node.stateless('tasks/get', { taskId }, KNOWS_TASKS))).toMatchObject({
      status: 'completed',
      result: { structuredContent: { file: 'long.bin.gz', bytes: LONG.length } },
    });
  });

  it('S13: says what is wrong with its arguments instead of beginning a task', async () => {
    const node = nodeWith(new CompressFileTool(await dataFolder()));
    const result = await resultOf(node.stateless('tools/call', CALL, KNOWS_TASKS));
    expect(result).toMatchObject({ resultType: 'complete', isError: true });
    expect(node.dispatcher.tasks.size).toBe(0);
  });

  it('S16: a cancelled task leaves no half of a file', async () => {
    const folder = await dataFolder({ 'long.bin': LONG });
    const node = nodeWith(new CompressFileTool(folder));
    const { taskId } = await resultOf(node.stateless('tools/call', CALL, KNOWS_TASKS));
    await resultOf(node.stateless('tasks/cancel', { taskId }, KNOWS_TASKS));
    expect(await resultOf(node.stateless('tasks/get', { taskId }, KNOWS_TASKS))).toMatchObject({ status: 'cancelled' });
    let names = await readdir(folder);
    while (names.length !== 1) names = await readdir(folder); // the handler cleans up after the answer
    expect(names).toEqual(['long.bin']);
  });

  it('S16: lets a session come back for the result of a long call', async () => {
    const context = new RecordingContext();
    await new CompressFileTool(await dataFolder({ 'long.bin': LONG })).compressFile({ file: 'long.bin' }, context);
    expect({ detached: context.detached?.statusMessage, streamsClosed: context.streamsClosed }).toEqual({
      detached: 'compressing long.bin',
      streamsClosed: 1,
    });
  });
});
