import { Tool, ToolError, type ToolContext } from '@mcp-cluster/tools';
import { DATA_DIR } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { fileName, openDataFile } from './data-file.js';

/** About 4,000 tokens: what a client's user is asked to pay for. */
const MAX_BYTES = 16_384;

const input = z.object({ file: fileName.describe('A text file of the data folder.') });

@Injectable()
export class SummariseFileTool {
  constructor(@Inject(DATA_DIR) private readonly dataDir: string) {}

  @Tool({
    name: 'summarise_file',
    description: "Has the client's model summarise the beginning of a text file.",
    input,
    annotations: { readOnlyHint: true, openWorldHint: false },
    requires: ['sampling'],
  })
  async summariseFile({ file }: z.output<typeof input>, context: ToolContext): Promise<string> {
    const { handle, size } = await openDataFile(this.dataDir, file);
    let beginning: string;
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
      beginning = new TextDecoder().decode(buffer.subarray(0, bytesRead), { stream: true });
    } finally {
      await handle.close(); // before the question: the client may take minutes
    }
    // #region ask
    const { content } = await context.sample('summary', {
      messages: [{ role: 'user', content: { type: 'text', text: `Summarise in three sentences:\n\n${beginning}` } }],
      maxTokens: 300,
    });
    if (Array.isArray(content) || content.type !== 'text')
      throw new ToolError("expected a text from the client's model, got something else");
    // #endregion
    const part = size > MAX_BYTES ? `The first ${MAX_BYTES} of ${size} bytes` : 'The whole file';
    return `${content.text}\n\n(${part} of ${file}.)`;
  }
}
