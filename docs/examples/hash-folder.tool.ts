import { reportRows, resourceLink, structured, Tool, ToolError, type ToolContext } from '@mcp-cluster/tools';
import { DATA_DIR } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { reasonOf } from './data-file.js';
import { checksumOf, listFiles } from './file-checksum.js';

const input = z.object({ maxFiles: z.int().min(1).max(500).default(20).describe('Files in one result.') });

const output = z.object({
  files: z.array(z.object({ name: z.string(), bytes: z.int(), sha256: z.string() })),
  failed: z.array(z.object({ name: z.string(), reason: z.string() })).describe('Files that could not be read.'),
  total: z.int().describe('Files of the folder.'),
  truncated: z.boolean().describe('Whether files are left out: they are in the linked resource.'),
});

@Injectable()
export class HashFolderTool {
  constructor(@Inject(DATA_DIR) private readonly dataDir: string) {}

  @Tool({
    name: 'hash_folder',
    description: 'Gives the SHA-256 of the files of the data folder, by name. Files that cannot be read are listed.',
    input,
    output,
    annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  })
  async hashFolder({ maxFiles }: z.output<typeof input>, context: ToolContext) {
    const names = await listFiles(this.dataDir);
    const wanted = names.slice(0, maxFiles);
    const files: z.output<typeof output>['files'] = [];
    const failed: z.output<typeof output>['failed'] = [];
    // #region partial
    for (const [index, name] of wanted.entries()) {
      try {
        files.push({ name, ...(await checksumOf(this.dataDir, name, context)) });
      } catch (thrown) {
        context.throwIfCancelled(); // a cancelled call is not a file that failed
        failed.push({ name, reason: reasonOf(thrown) });
      }
      reportRows(context, index + 1, wanted.length, 'files');
    }
    // Part of the work done is a result. None of it done is a failure.
    if (files.length === 0 && failed.length > 0)
      throw new ToolError(`none of ${failed.length} files could be read; the first: ${failed[0]?.reason ?? ''}`);
    // #endregion
    const truncated = names.length > wanted.length;
    const result = structured(
      { files, failed, total: names.length, truncated },
      [`${files.length} of ${names.length} files:`, ...files.map(({ name, sha256 }) => `${sha256}  ${name}`)]
        .concat(failed.map(({ reason }) => `failed: ${reason}`))
        .join('\n'),
    );
    // #region rest
    if (!truncated) return result;
    const rest = resourceLink({
      uri: `checksums://after/${wanted.at(-1) ?? ''}`,
      name: 'the rest',
      description: `Checksums of the other ${names.length - wanted.length} files.`,
      mimeType: 'text/plain',
    });
    return { ...result, content: [...result.content, rest] };
    // #endregion
  }
}
