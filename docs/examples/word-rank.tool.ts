import { ComputedCache } from '@mcp-cluster/cache';
import { Tool, type ToolContext } from '@mcp-cluster/tools';
import { DATA_DIR } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { fileName } from './data-file.js';
import { wholeText } from './whole-text.js';

const input = z.object({
  file: fileName.describe('A text file of the data folder.'),
  word: z.string().min(1).max(100),
});
const output = z.object({ rank: z.int().nullable(), words: z.int() });

@Injectable()
export class WordRankTool {
  constructor(
    @Inject(DATA_DIR) private readonly dataDir: string,
    private readonly computed: ComputedCache,
  ) {}

  @Tool({
    name: 'word_rank',
    description: 'Says how a word of a text file ranks by how often it is used.',
    input,
    output,
    annotations: { readOnlyHint: true, openWorldHint: false },
  })
  async wordRank({ file, word }: z.output<typeof input>, context: ToolContext) {
    const text = await wholeText(this.dataDir, file);
    // #region computed
    const ranking = await this.computed.get(
      {
        name: 'word-ranks',
        parts: [file, text.size, text.mtimeMs], // all that the result depends on: another file, another ranking
        scope: 'public',
        ttlMs: 600_000,
        tags: ['rankings'], // `context.forget(['rankings'])` forgets it
        signal: context.signal,
      },
      () => rankWords(text), // once for all who ask, in the whole cluster
    );
    // #endregion
    const at = ranking.indexOf(word.toLowerCase());
    return { rank: at === -1 ? null : at + 1, words: ranking.length };
  }
}

async function rankWords(text: { read(): Promise<string> }): Promise<readonly string[]> {
  const counts = new Map<string, number>();
  for (const [word] of (await text.read()).toLowerCase().matchAll(/\p{L}+/gu))
    counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([a, first], [b, second]) => second - first || (a < b ? -1 : 1)).map(([word]) => word);
}
