import { errorCode } from '@mcp-cluster/kernel';
import { preview } from '@mcp-cluster/protocol';
import { constants, open, realpath, type FileHandle } from 'node:fs/promises';
import { isAbsolute, join, relative, sep, win32 } from 'node:path';
import { FileError } from './file.errors.js';

/** A file that may be read. The holder closes it. */
export interface GuardedFile {
  readonly handle: FileHandle;
  /** Bytes at the time of opening. */
  readonly size: number;
}

/** A folder whose files callers may name, and how its refusals are worded. */
export interface GuardedFolder {
  /** A path, absolute or below the working directory. */
  readonly path: string;
  /** A folder inside this one whose files do not belong to it. */
  readonly except?: string;
  /** The field of the caller's arguments that names the file. */
  readonly field: string;
  /** What the folder is to callers: "data folder". */
  readonly title: string;
  /** Lower-case endings with their dot, of which a name must have one; none: any name. */
  readonly extensions: readonly string[];
  /** What a good name is: "a CSV file below the data folder, for example \"measurements.csv\"". */
  readonly expected: string;
}

/** A file name is at most 255 bytes on every system in use; a URI may bring a million characters. */
const SHOWN_CHARACTERS = 400;

/**
 * Opens a file below a folder and nothing else: not by `..`, not by an absolute path, not by a link that leads
 * out, and only a regular file (a pipe or a device could keep the call forever).
 * @param name the caller's word for the file, with `/` between folders
 * @throws FileError, which is a ToolError, naming the folder's field
 */
export async function openGuardedFile(folder: GuardedFolder, name: string): Promise<GuardedFile> {
  if (!isGoodName(folder, name)) throw refuse(folder, name);
  const root = await realpath(folder.path).catch((cause: unknown) => {
    throw new FileError('missing', `${folder.field}: this server has no ${folder.title}`, { cause });
  });
  const path = await realpath(join(root, name)).catch((cause: unknown) => {
    throw explain(cause, folder, name);
  });
  if (!isBelow(root, path) || (await isExcepted(folder, root, path))) throw refuse(folder, name);
  // What was checked is opened: a link put there since then is refused, and a pipe does not block.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (cause: unknown) => {
      throw explain(cause, folder, name);
    },
  );
  const size = await regularSize(handle).catch(async (cause: unknown) => {
    await handle.close();
    throw explain(cause, folder, name);
  });
  if (size !== undefined) return { handle, size };
  await handle.close();
  throw refuse(folder, name);
}

/** Whether a name stays below the folder as far as the name alone can tell, and has one of its endings. */
export function isGoodName(folder: GuardedFolder, name: string): boolean {
  const parts = name.split(/[\\/]/);
  const leadsElsewhere =
    name === '' || isAbsolute(name) || win32.isAbsolute(name) || parts.includes('..') || name.includes('\0');
  const lower = name.toLowerCase();
  return !leadsElsewhere && (folder.extensions.length === 0 || folder.extensions.some((end) => lower.endsWith(end)));
}

/** Whether a path is inside a folder; the folder itself is not. Both absolute, links resolved alike. */
export function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function isExcepted(folder: GuardedFolder, root: string, path: string): Promise<boolean> {
  const except = await exceptedFolder(folder, root);
  return except !== undefined && isBelow(except, path);
}

/**
 * The folder inside that does not belong to it, links resolved; nothing where it is somewhere else or not there.
 * @param root the folder itself, links resolved
 */
export async function exceptedFolder({ except }: GuardedFolder, root: string): Promise<string | undefined> {
  if (except === undefined) return undefined;
  const path = await realpath(except).catch(() => undefined);
  return path !== undefined && isBelow(root, path) ? path : undefined;
}

async function regularSize(handle: FileHandle): Promise<number | undefined> {
  const stats = await handle.stat();
  return stats.isFile() ? stats.size : undefined;
}

function refuse(folder: GuardedFolder, name: string): FileError {
  return new FileError('refused', `${folder.field}: expected ${folder.expected}, got ${shown(name)}`);
}

/** The system's reason in the caller's terms; paths of this machine are not the caller's business. */
function explain(cause: unknown, folder: GuardedFolder, name: string): Error {
  const { field, title } = folder;
  switch (errorCode(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new FileError('missing', `${field}: no file ${shown(name)} in the ${title}`, { cause });
    case 'EACCES':
    case 'EPERM':
      return new FileError('unreadable', `${field}: ${shown(name)} may not be read by this server`, { cause });
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return refuse(folder, name);
    default:
      return new Error(`the ${title} could not be read`, { cause });
  }
}

function shown(name: string): string {
  return preview(name, SHOWN_CHARACTERS);
}
