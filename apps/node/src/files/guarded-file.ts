import { errorCode } from '@mcp-cluster/kernel';
import { ToolError } from '@mcp-cluster/tools';
import { constants, open, realpath, type FileHandle } from 'node:fs/promises';
import { isAbsolute, join, relative, sep, win32 } from 'node:path';

/** A data file that may be read. The holder closes it. */
export interface DataFile {
  readonly handle: FileHandle;
  /** Bytes at the time of opening. */
  readonly size: number;
}

const EXPECTED = 'a CSV file below the data folder, for example "measurements.csv"';

/**
 * Opens a file below the data folder and nothing else: not by `..`, not by an absolute path, not by a link
 * that leads out, and only a regular file (a pipe or a device could keep the call forever).
 * @param folder the data folder
 * @param name the caller's word for the file, with `/` between folders
 * @throws ToolError naming the field `file`
 */
export async function openDataFile(folder: string, name: string): Promise<DataFile> {
  requireRelativeCsv(name);
  const root = await realpath(folder).catch((cause: unknown) => {
    throw new ToolError('file: this server has no data folder', { cause });
  });
  const path = await realpath(join(root, name)).catch((cause: unknown) => {
    throw explain(cause, name);
  });
  if (!isBelow(root, path)) throw refuse(name);
  // What was checked is opened: a link put there since then is refused, and a pipe does not block.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (cause: unknown) => {
      throw explain(cause, name);
    },
  );
  const stats = await handle.stat();
  if (stats.isFile()) return { handle, size: stats.size };
  await handle.close();
  throw refuse(name);
}

function requireRelativeCsv(name: string): void {
  const parts = name.split(/[\\/]/);
  const leadsElsewhere = isAbsolute(name) || win32.isAbsolute(name) || parts.includes('..') || name.includes('\0');
  if (leadsElsewhere || !/\.csv$/i.test(name)) throw refuse(name);
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function refuse(name: string): ToolError {
  return new ToolError(`file: expected ${EXPECTED}, got ${JSON.stringify(name)}`);
}

/** The system's reason in the caller's terms; paths of this machine are not the caller's business. */
function explain(cause: unknown, name: string): Error {
  switch (errorCode(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new ToolError(`file: no file ${JSON.stringify(name)} in the data folder`, { cause });
    case 'EACCES':
    case 'EPERM':
      return new ToolError(`file: ${JSON.stringify(name)} may not be read by this server`, { cause });
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return refuse(name);
    default:
      return new Error('the data folder could not be read', { cause });
  }
}
