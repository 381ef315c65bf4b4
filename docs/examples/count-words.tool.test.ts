import { RecordingContext } from '@mcp-cluster/tools/testing';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CountWordsTool } from './count-words.tool.js';
import { dataFolder, nodeWith, resultOf } from './examples.fixture.js';

const TEXT = 'the cat, the café\nand    the “hat”\nextraordinarily';
const size = Buffer.byteLength(TEXT);

describe('count_words', () => {
  it.each([16, 17, 18, 19, 20, 65_536])(
    'counts words and characters that chunks of %i bytes cut',
    async (chunkBytes) => {
      const tool = new CountWordsTool(await dataFolder({ 'notes.txt': TEXT }));
      const counted = await tool.countWords({ file: 'notes.txt', chunkBytes }, new RecordingContext());
      expect(counted).toEqual({ words: 8, lines: 2, bytes: size });
    },
  );

  it('S03: reports every chunk, rising to the size of the file', async () => {
    const context = new RecordingContext();
    const tool = new CountWordsTool(await dataFolder({ 'notes.txt': TEXT }));
    await tool.countWords({ file: 'notes.txt', chunkBytes: 20 }, context);
    expect(context.reports).toEqual([
      { progress: 20, total: size, message: '5 words so far' },
      { progress: 40, total: size, message: '7 words so far' },
      { progress: size, total: size, message: '8 words so far' },
    ]);
  });

  // #region cancelled
  it('S16: a cancelled call stops between two chunks', async () => {
    const context = new RecordingContext();
    context.onBreathe = () => {
      if (context.reports.length === 2) context.cancel();
    };
    const tool = new CountWordsTool(await dataFolder({ 'notes.txt': TEXT }));
    await expect(tool.countWords({ file: 'notes.txt', chunkBytes: 16 }, context)).rejects.toThrow(
      'cancelled by the test',
    );
    expect(context.reports).toHaveLength(2);
  });
  // #endregion

  it('S04, S05, S06: a client sees the first report, the last one, then the result; without a token only the result', async () => {
    const node = nodeWith(new CountWordsTool(await dataFolder({ 'notes.txt': TEXT })));
    const params = { name: 'count_words', arguments: { file: 'notes.txt', chunkBytes: 16 } };
    const asked = node.stateless('tools/call', { ...params, _meta: { progressToken: 'p' } });
    expect(await resultOf(asked)).toMatchObject({ structuredContent: { words: 8 } });
    // Time stands still: what comes within 200 ms of the first report is one report, the latest.
    expect(asked.reply.params('notifications/progress')).toMatchObject([
      { progressToken: 'p', progress: 16, total: size },
      { progressToken: 'p', progress: size, total: size, message: '8 words so far' },
    ]);
    const silent = node.stateless('tools/call', params);
    await resultOf(silent);
    expect(silent.reply.notified).toEqual([]);
  });

  it('takes nothing but a regular file of the folder, and says why in terms of its argument', async () => {
    const folder = await dataFolder({ 'notes.txt': TEXT });
    await symlink(join(folder, 'notes.txt'), join(folder, 'link.txt'));
    await mkdir(join(folder, 'folder'));
    const node = nodeWith(new CountWordsTool(folder));
    const refusals = await Promise.all(
      ['missing.txt', 'link.txt', 'folder', '../notes.txt', '/etc/passwd', '.hidden'].map(async (file) => {
        const { isError, content } = await resultOf(
          node.stateless('tools/call', { name: 'count_words', arguments: { file } }),
        );
        const [{ text }] = content as [{ text: string }];
        expect(text).not.toContain(folder);
        return { isError, text: text.split('\n').at(-1) };
      }),
    );
    const expected = 'file: expected a file name without folders, for example "notes.txt"';
    expect(refusals).toEqual(
      [
        'file: expected a file of the data folder, got "missing.txt": there is none',
        'file: expected a file of the data folder, got "link.txt": it is a link',
        'file: expected a regular file, got "folder"',
        `${expected}, got "../notes.txt"`,
        `${expected}, got "/etc/passwd"`,
        `${expected}, got ".hidden"`,
      ].map((text) => ({ isError: true, text })),
    );
  });
});
