import { RecordingContext } from '@mcp-cluster/tools/testing';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ChecksumsResource } from './checksums.resource.js';
import { dataFolder, nodeWith, resultOf } from './examples.fixture.js';
import { HashFolderTool } from './hash-folder.tool.js';

const FILES = { 'a.txt': 'alpha', 'b.txt': 'beta', 'c.txt': 'gamma', '.hidden': 'not listed' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('hash_folder', () => {
  it('S03: gives the checksum of each file and counts the files', async () => {
    const context = new RecordingContext();
    const { structuredContent } = await new HashFolderTool(await dataFolder(FILES)).hashFolder(
      { maxFiles: 20 },
      context,
    );
    expect(structuredContent).toEqual({
      files: [
        { name: 'a.txt', bytes: 5, sha256: sha256('alpha') },
        { name: 'b.txt', bytes: 4, sha256: sha256('beta') },
        { name: 'c.txt', bytes: 5, sha256: sha256('gamma') },
      ],
      failed: [],
      total: 3,
      truncated: false,
    });
    expect(context.reports.map(({ message }) => message)).toEqual(['files 1 of 3', 'files 2 of 3', 'files 3 of 3']);
  });

  it('lists a file that cannot be read and goes on with the others', async () => {
    const folder = await dataFolder(FILES);
    const context = new Removing(join(folder, 'b.txt'));
    const { structuredContent } = await new HashFolderTool(folder).hashFolder({ maxFiles: 20 }, context);
    expect(structuredContent.files.map(({ name }) => name)).toEqual(['a.txt', 'c.txt']);
    expect(structuredContent.failed).toEqual([
      { name: 'b.txt', reason: 'file: expected a file of the data folder, got "b.txt": there is none' },
    ]);
    expect(context.reports.at(-1)).toMatchObject({ progress: 3, total: 3 });
  });

  it('links what it left out, and the link alone is enough for any node to go on', async () => {
    const folder = await dataFolder(FILES);
    const params = { name: 'hash_folder', arguments: { maxFiles: 1 } };
    const first = nodeWith(new HashFolderTool(folder));
    const { structuredContent, content } = await resultOf(first.stateless('tools/call', params));
    expect(structuredContent).toMatchObject({ total: 3, truncated: true, files: [{ name: 'a.txt' }] });
    const { uri } = (content as { type: string; uri: string }[]).find(({ type }) => type === 'resource_link')!;
    const other = nodeWith(new ChecksumsResource(folder));
    const reading = other.stateless('resources/read', { uri, _meta: { progressToken: 1 } });
    expect(await resultOf(reading)).toMatchObject({
      contents: [{ uri, mimeType: 'text/plain', text: `${sha256('beta')}  b.txt\n${sha256('gamma')}  c.txt\n` }],
    });
    expect(reading.reply.params('notifications/progress').at(-1)).toMatchObject({ progress: 2, total: 2 });
  });

  it('S16: a cancelled call is not a file that failed', async () => {
    const folder = await dataFolder({ 'a.txt': 'alpha' });
    const context = new RecordingContext();
    context.cancel();
    await expect(new HashFolderTool(folder).hashFolder({ maxFiles: 20 }, context)).rejects.toThrow('cancelled');
  });
});

/** Takes a file away while the tool is at work: when it reports for the first time. */
class Removing extends RecordingContext {
  constructor(private readonly path: string) {
    super();
  }
  override progress(progress: number, total?: number, message?: string): void {
    rmSync(this.path, { force: true });
    super.progress(progress, total, message);
  }
}
