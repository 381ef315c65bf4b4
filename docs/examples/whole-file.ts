import { ToolError } from '@mcp-cluster/tools';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { reasonOf } from './data-file.js';

/**
 * Writes a file of a folder whole or not at all: it takes its name when its last byte is there. What a cancelled or
 * failed call has written is removed.
 * @param write resolves when everything is written; it passes the signal on
 * @returns bytes written
 * @throws ToolError naming the field `file` when the folder cannot be written to; else what `write` throws
 */
export async function writeWhole(
  folder: string,
  name: string,
  signal: AbortSignal,
  write: (part: Writable) => Promise<void>,
): Promise<number> {
  const cannotWrite = (cause: unknown): never => {
    throw new ToolError(`file: "${name}" cannot be written: ${reasonOf(cause)}`, { cause });
  };
  const work = await mkdtemp(join(folder, '.part-')).catch(cannotWrite);
  try {
    const part = createWriteStream(join(work, 'part'));
    await write(part);
    signal.throwIfAborted(); // cancelled between the last byte and the name
    await rename(join(work, 'part'), join(folder, name)).catch(cannotWrite);
    return part.bytesWritten;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
