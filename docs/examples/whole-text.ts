import { ToolError } from '@mcp-cluster/tools';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openDataFile, reasonOf } from './data-file.js';

/** A text is held in memory while it is looked at. */
const MAX_BYTES = 1_048_576;

/** A text file of the data folder, as it is now; not read yet. @throws ToolError naming the field `file` */
export async function wholeText(folder: string, name: string) {
  const { size, mtimeMs } = await stat(join(folder, name)).catch((cause: unknown) => {
    throw new ToolError(`file: expected a file of the data folder, got "${name}": ${reasonOf(cause)}`, { cause });
  });
  if (size > MAX_BYTES) throw new ToolError(`file: expected at most 1 MB, "${name}" has ${size} bytes`);
  const read = async (): Promise<string> => {
    const { handle } = await openDataFile(folder, name);
    try {
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  };
  return { size, mtimeMs, read };
}
