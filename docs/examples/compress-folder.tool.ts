import { structured, Tool, ToolError, type ToolContext } from '@mcp-cluster/tools';
import { DATA_DIR } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { openDataFile, reasonOf } from './data-file.js';
import { listFiles } from './file-checksum.js';
import { gzipFile } from './gzip-file.js';

const input = z.object({});

const output = z.object({
  compressed: z.int().describe('Files that were compressed.'),
  failed: z.array(z.string()).describe('Why each of the others was not.'),
});

@Injectable()
export class CompressFolderTool {
  constructor(@Inject(DATA_DIR) private readonly dataDir: string) {}

  @Tool({
    name: 'compress_folder',
    description: 'Compresses every file of the data folder that is not compressed yet.',
    input,
    output,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    taskRequired: true, // nobody knows how long it takes
  })
  async compressFolder(_args: z.output<typeof input>, context: ToolContext) {
    const names = (await listFiles(this.dataDir)).filter((name) => !name.endsWith('.gz'));
    if (names.length === 0) throw new ToolError('the data folder has no file to compress');
    await context.detach(`0 of ${names.length} files`);
    const failed: string[] = [];
    for (const [index, name] of names.entries()) {
      try {
        await this.compress(name, context.signal, (share) => {
          context.progress(index + share, names.length, `${index} of ${names.length} files, ${name}`);
        });
      } catch (thrown) {
        context.throwIfCancelled();
        failed.push(reasonOf(thrown));
      }
    }
    const compressed = names.length - failed.length;
    return structured({ compressed, failed }, [`Compressed ${compressed} files.`, ...failed].join('\n'));
  }
  private async compress(name: string, signal: AbortSignal, onShare: (share: number) => void): Promise<void> {
    const file = await openDataFile(this.dataDir, name);
    try {
      const onRead = (bytes: number): void => {
        onShare(bytes / file.size);
      };
      await gzipFile(file, { folder: this.dataDir, name: `${name}.gz`, signal, onRead });
    } finally {
      await file.handle.close();
    }
  }
}
