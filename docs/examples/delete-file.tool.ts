import { structured, Tool, ToolError, type ToolContext } from '@mcp-cluster/tools';
import { DATA_DIR } from '@mcp-cluster/tools/nest';
import { Inject, Injectable } from '@nestjs/common';
import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fileName, reasonOf } from './data-file.js';

const input = z.object({ file: fileName.describe('A file of the data folder.') });
const output = z.object({ deleted: z.boolean() });

@Injectable()
export class DeleteFileTool {
  constructor(@Inject(DATA_DIR) private readonly dataDir: string) {}

  @Tool({
    name: 'delete_file',
    description: 'Deletes a file of the data folder, if the user agrees.',
    input,
    output,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    requires: ['elicitation'], // a client that cannot ask its user is refused before the handler runs
  })
  async deleteFile({ file }: z.output<typeof input>, context: ToolContext) {
    const path = join(this.dataDir, file);
    const { size, mtimeMs } = await lstat(path).catch((cause: unknown) => {
      throw new ToolError(`file: expected a file of the data folder, got "${file}": ${reasonOf(cause)}`, { cause });
    });
    // The key says what is agreed to: when the file has changed before the answer is there, that is another question.
    const answer = await context.elicit(`delete-${size}-${mtimeMs}`, {
      message: `Delete ${file} (${size} bytes)?`,
      requestedSchema: {
        type: 'object',
        properties: { confirm: { type: 'boolean', title: 'Delete it' } },
        required: ['confirm'],
      },
    });
    // Everything before this line may run twice, everything after it runs once.
    if (answer.action !== 'accept' || answer.content?.['confirm'] !== true)
      return structured({ deleted: false }, `Kept ${file}.`); // a user's no is an answer, not an error
    await rm(path).catch((cause: unknown) => {
      throw new ToolError(`file: "${file}" cannot be deleted: ${reasonOf(cause)}`, { cause });
    });
    return structured({ deleted: true }, `Deleted ${file}.`);
  }
}
