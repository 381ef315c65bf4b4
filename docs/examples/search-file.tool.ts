import { structured, Tool, ToolError, type ToolContext } from '@mcp-cluster/tools';
import { DATA_DIR } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { spawn } from 'node:child_process';
import { z } from 'zod';
import { fileName, openDataFile } from './data-file.js';

/** What a model can read at once. grep is stopped when it has said more: a file may be one line of a gigabyte. */
const MAX_OUTPUT_BYTES = 32_768;

const input = z.object({
  file: fileName.describe('A text file of the data folder.'),
  text: z.string().min(1).max(200).describe('What to look for, letter by letter.'),
});

const output = z.object({
  matches: z.array(z.string()).describe('NUMBER:LINE'),
  truncated: z.boolean().describe('Whether there are more.'),
});

@Injectable()
export class SearchFileTool {
  constructor(@Inject(DATA_DIR) private readonly dataDir: string) {}

  @Tool({
    name: 'search_file',
    description: 'Gives the lines of a file that contain a text.',
    input,
    output,
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  })
  async searchFile({ file, text }: z.output<typeof input>, context: ToolContext) {
    const { handle } = await openDataFile(this.dataDir, file);
    try {
      const found = await grep(text, handle.fd, context.signal);
      const truncated = found.length > MAX_OUTPUT_BYTES;
      const matches = found.subarray(0, MAX_OUTPUT_BYTES).toString('utf8').split('\n');
      matches.pop(); // what is after the last line break: nothing, or a line that was cut
      return structured(
        { matches, truncated },
        [`${matches.length} lines${truncated ? ', and more' : ''}:`, ...matches].join('\n'),
      );
    } finally {
      await handle.close();
    }
  }
}

// #region process
/** The caller's text is an argument of its own and never part of a command line; the file comes on stdin. */
async function grep(text: string, stdin: number, signal: AbortSignal): Promise<Buffer> {
  const child = spawn('grep', ['--text', '--line-number', '--fixed-strings', '--regexp', text], {
    stdio: [stdin, 'pipe', 'ignore'],
    signal, // kills it
  });
  const ended = new Promise<number | Error | null>((resolve) => {
    child.once('error', resolve);
    child.once('close', resolve);
  });
  const said: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    said.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_OUTPUT_BYTES) child.kill();
  }
  const how = await ended; // no call leaves a process behind
  signal.throwIfAborted();
  if (how instanceof Error) throw new ToolError('this server cannot search files', { cause: how });
  if (typeof how === 'number' && how > 1) throw new ToolError('file: it could not be searched');
  return Buffer.concat(said);
}
// #endregion
