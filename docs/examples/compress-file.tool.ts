import { structured, Tool, type ToolContext } from '@mcp-cluster/tools';
import { DATA_DIR } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { fileName, openDataFile } from './data-file.js';
import { gzipFile } from './gzip-file.js';

/** Less than this is compressed while the client waits; gzip takes about a second for 32 MB. */
const LONG_BYTES = 33_554_432;

const input = z.object({ file: fileName.describe('A file of the data folder.') });
const output = z.object({ file: z.string(), bytes: z.int(), compressedBytes: z.int() });

@Injectable()
export class CompressFileTool {
  constructor(@Inject(DATA_DIR) private readonly dataDir: string) {}

  @Tool({
    name: 'compress_file',
    description: 'Compresses a file of the data folder: FILE.gz is written beside it.',
    input,
    output,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  })
  async compressFile({ file }: z.output<typeof input>, context: ToolContext) {
    // #region long
    const name = `${file}.gz`;
    const source = await openDataFile(this.dataDir, file); // what is wrong with the arguments is said before the task
    try {
      const { size } = source;
      if (size > LONG_BYTES) {
        await context.detach(`compressing ${file}`); // a client that knows tasks is answered here
        context.closeStream(); // one with a session comes back for the result
      }
      const compressedBytes = await gzipFile(source, {
        folder: this.dataDir,
        name,
        signal: context.signal,
        onRead: (bytes) => {
          context.progress(bytes, size, `${bytes} of ${size} bytes`);
        },
      });
      return structured(
        { file: name, bytes: size, compressedBytes },
        `${name}: ${compressedBytes} bytes instead of ${size}.`,
      );
    } finally {
      await source.handle.close();
    }
    // #endregion
  }
}
