import { ANONYMOUS, type TaskSnapshot } from '@mcp-cluster/protocol';
import { KNOWS_TASKS } from '@mcp-cluster/testkit/protocol';
import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CompressFolderTool } from './compress-folder.tool.js';
import { dataFolder, ended, nodeWith, resultOf, until } from './examples.fixture.js';

const CALL = { name: 'compress_folder', arguments: {} };
const FILES = { 'a.txt': 'alpha', 'b.txt': 'beta', 'c.txt.gz': 'compressed before' };

describe('compress_folder', () => {
  it('S13: is a task for a client that knows tasks', async () => {
    const folder = await dataFolder(FILES);
    const node = nodeWith(new CompressFolderTool(folder));
    const { taskId, statusMessage } = await resultOf(node.stateless('tools/call', CALL, KNOWS_TASKS));
    expect(statusMessage).toBe('0 of 2 files');
    await until(() => node.endedTasks.length === 1);
    expect(await resultOf(node.stateless('tasks/get', { taskId }, KNOWS_TASKS))).toMatchObject({
      status: 'completed',
      result: { structuredContent: { compressed: 2, failed: [] } },
    });
    expect((await readdir(folder)).sort()).toEqual(['a.txt', 'a.txt.gz', 'b.txt', 'b.txt.gz', 'c.txt.gz']);
  });

  it('S13: refuses a client that does not know tasks before it does anything, and says what to do instead', async () => {
    const folder = await dataFolder(FILES);
    const node = nodeWith(new CompressFolderTool(folder));
    const { answer } = await ended(node.stateless('tools/call', CALL));
    expect(answer?.error?.code).toBe(-32_021);
    expect(await resultOf(node.inSession(node.session(), 'tools/call', CALL))).toMatchObject({
      isError: true,
      content: [{ text: 'tool compress_folder runs as a task: begin it with start_job' }],
    });
    expect(await readdir(folder)).toHaveLength(3);
  });

  it('S13: is a job for every other client', async () => {
    const node = nodeWith(new CompressFolderTool(await dataFolder(FILES)));
    const { jobs } = node.dispatcher;
    const { taskId }: TaskSnapshot = await jobs.start('compress_folder', {}, ANONYMOUS, 'request-1');
    await until(() => node.endedTasks.length === 1);
    const { status, resultJson } = await jobs.status(taskId, ANONYMOUS);
    expect(status).toBe('completed');
    expect(JSON.parse(resultJson ?? '')).toMatchObject({ structuredContent: { compressed: 2 } });
  });

  it('fails before the task when there is nothing to do', async () => {
    const node = nodeWith(new CompressFolderTool(await dataFolder()));
    expect(await resultOf(node.stateless('tools/call', CALL, KNOWS_TASKS))).toMatchObject({ isError: true });
    expect(node.dispatcher.tasks.size).toBe(0);
  });
});
