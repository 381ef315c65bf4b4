import { ToolError, type ToolContext } from '@mcp-cluster/tools';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { isFileName, openDataFile } from './data-file.js';

/** The names of a folder's files that the tools here take, sorted, so that every node lists them alike. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new ToolError('this server has no data folder', { cause });
  });
  return entries
    .filter((entry) => entry.isFile() && isFileName(entry.name))
    .map(({ name }) => name)
    .sort();
}

/** @throws ToolError when the file cannot be read; the abort reason when the call was cancelled */
export async function checksumOf(
  folder: string,
  name: string,
  { signal }: Pick<ToolContext, 'signal'>,
): Promise<{ sha256: string; bytes: number }> {
  const { handle, size } = await openDataFile(folder, name);
  const hash = createHash('sha256');
  await pipeline(handle.createReadStream(), hash, { signal });
  return { sha256: hash.digest('hex'), bytes: size };
}
