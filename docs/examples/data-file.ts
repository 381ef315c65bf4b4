import { errorCode } from '@mcp-cluster/kernel';
import { ToolError } from '@mcp-cluster/tools';
import { constants, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const NAME = /^\w[\w.-]{0,99}$/;

/** The name of a file in the data folder. It has no slash in it and begins with no dot, so it cannot lead elsewhere. */
export const fileName = z.string().regex(NAME, 'expected a file name without folders, for example "notes.txt"');

/** Whether the tools here would take a name. */
export function isFileName(name: string): boolean {
  return NAME.test(name);
}

/** A file that may be read. The holder closes the handle. */
export interface DataFile {
  readonly handle: FileHandle;
  /** Bytes at the time of opening. */
  readonly size: number;
}

/**
 * Opens a regular file of the data folder: not a link, which could lead out of it, nor a pipe, which could keep the
 * call forever.
 * @throws ToolError naming the field `file`
 */
export async function openDataFile(folder: string, name: string): Promise<DataFile> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(join(folder, name), flags).catch((cause: unknown) => {
    throw new ToolError(`file: expected a file of the data folder, got "${name}": ${reasonOf(cause)}`, { cause });
  });
  const stats = await handle.stat();
  if (stats.isFile()) return { handle, size: stats.size };
  await handle.close();
  throw new ToolError(`file: expected a regular file, got "${name}"`);
}

/** Why a file could not be used, without a path of this machine: the message of the system's error has one in it. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof ToolError) return thrown.message;
  switch (errorCode(thrown)) {
    case 'ENOENT':
      return 'there is none';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'not permitted';
    case 'ELOOP':
      return 'it is a link';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return 'it cannot be used';
  }
}
