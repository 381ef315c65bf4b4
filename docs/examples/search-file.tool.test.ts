import { RecordingContext } from '@mcp-cluster/tools/testing';
import { describe, expect, it } from 'vitest';
import { dataFolder } from './examples.fixture.js';
import { SearchFileTool } from './search-file.tool.js';

async function search(content: string, text: string, context = new RecordingContext()) {
  const tool = new SearchFileTool(await dataFolder({ 'notes.txt': content }));
  return (await tool.searchFile({ file: 'notes.txt', text }, context)).structuredContent;
}

describe('search_file', () => {
  it('gives the lines with their numbers', async () => {
    expect(await search('one\ntwo\nanother one\n', 'one')).toEqual({
      matches: ['1:one', '3:another one'],
      truncated: false,
    });
    expect(await search('one\n', 'three')).toEqual({ matches: [], truncated: false });
  });

  it.each(['$(touch hacked)', '-v', '; exit 3', '.*', '"', '--help'])('takes %j for a text', async (text) => {
    expect(await search(`first\n${text}\nlast\n`, text)).toEqual({ matches: [`2:${text}`], truncated: false });
  });

  it('S20: gives a bounded part of a large answer, whole lines of it, and says so', async () => {
    const { matches, truncated } = await search(`${'x'.repeat(99)}\n`.repeat(100_000), 'x');
    expect(truncated).toBe(true);
    expect(Buffer.byteLength(matches.join('\n'))).toBeLessThanOrEqual(32_768);
    expect(matches.length).toBeGreaterThan(300);
    expect(matches.at(-1)).toBe(`${matches.length}:${'x'.repeat(99)}`);
  });

  it('S16: a cancelled call gives no matches', async () => {
    const context = new RecordingContext();
    context.cancel();
    await expect(search('one\n', 'one', context)).rejects.toThrow('cancelled by the test');
  });
});
