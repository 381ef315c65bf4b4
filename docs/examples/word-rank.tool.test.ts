import { ComputedCache, UNCACHED } from '@mcp-cluster/cache';
import { PlainCache } from '@mcp-cluster/testkit/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder, nodeWith, resultOf } from './examples.fixture.js';
import { WordRankTool } from './word-rank.tool.js';

async function prepare(cached: boolean) {
  const folder = await dataFolder({ 'poem.txt': 'a rose is a rose is a rose' });
  const kept = new PlainCache(new VirtualClock());
  const node = nodeWith(new WordRankTool(folder, new ComputedCache(cached ? kept : UNCACHED)));
  const rank = async (word: string, file = 'poem.txt') =>
    (await resultOf(node.stateless('tools/call', { name: 'word_rank', arguments: { file, word } })))[
      'structuredContent'
    ];
  return { folder, kept, rank };
}

describe('word_rank', () => {
  it('ranks a file once for all its words, and anew when the file is another', async () => {
    const { folder, kept, rank } = await prepare(true);
    expect(await rank('rose')).toEqual({ rank: 2, words: 3 });
    expect(await rank('A')).toEqual({ rank: 1, words: 3 });
    expect(await rank('tulip')).toEqual({ rank: null, words: 3 });
    expect(kept.loads).toBe(1);
    await writeFile(join(folder, 'poem.txt'), 'tulip, tulip');
    expect(await rank('tulip')).toEqual({ rank: 1, words: 1 });
    expect(kept.loads).toBe(2);
  });

  it('does the same on a node that keeps nothing', async () => {
    const { rank } = await prepare(false);
    expect(await rank('rose')).toEqual({ rank: 2, words: 3 });
  });
});
