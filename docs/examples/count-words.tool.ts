import { Tool, type ToolContext } from '@mcp-cluster/tools';
import { DATA_DIR } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { fileName, openDataFile } from './data-file.js';

const input = z.object({
  file: fileName.describe('A text file of the data folder.'),
  chunkBytes: z.int().min(16).max(1_048_576).default(65_536).describe('Bytes between two progress reports.'),
});

const output = z.object({ words: z.int(), lines: z.int(), bytes: z.int() });

@Injectable()
export class CountWordsTool {
  constructor(@Inject(DATA_DIR) private readonly dataDir: string) {}

  @Tool({
    name: 'count_words',
    description: 'Counts the words and the line breaks of a text file.',
    input,
    output,
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  })
  async countWords({ file, chunkBytes }: z.output<typeof input>, context: ToolContext) {
    const { handle, size } = await openDataFile(this.dataDir, file);
    // The stream closes the handle at its end, when the loop is left early, and when the signal is aborted.
    const stream = handle.createReadStream({ highWaterMark: chunkBytes, signal: context.signal });
    const decoder = new TextDecoder();
    const count = { words: 0, lines: 0, bytes: 0 };
    let inWord = false;
    for await (const bytes of stream as AsyncIterable<Buffer>) {
      const text = decoder.decode(bytes, { stream: true });
      count.bytes += bytes.length;
      count.lines += text.match(/\n/g)?.length ?? 0;
      count.words += text.match(/\S+/g)?.length ?? 0;
      if (inWord && /^\S/.test(text)) count.words -= 1; // a word that the last chunk had begun
      if (text !== '') inWord = /\S$/.test(text);
      context.progress(count.bytes, size, `${count.words} words so far`);
      await context.breathe();
    }
    return count;
  }
}
