import { readdir, readlink } from 'node:fs/promises';

/** What a process has open now. */
export interface OpenFiles {
  readonly sockets: number;
  /** Paths of files and folders. */
  readonly paths: readonly string[];
}

/** Linux only, as the integration tests are where they look into a process. */
export async function openFiles(pid: number): Promise<OpenFiles> {
  const folder = `/proc/${String(pid)}/fd`;
  // One that was closed between the two calls is not open.
  const links = await Promise.all((await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => '')));
  return {
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    paths: links.filter((link) => link.startsWith('/')),
  };
}
