import type { Clock } from '@mcp-cluster/kernel';
import type { ListedResource } from '@mcp-cluster/protocol';
import type { Dirent } from 'node:fs';
import { opendir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { exceptedFolder, isBelow } from './guarded-file.js';
import { MAX_FOLDER_DEPTH, type ServedFolder } from './served-folder.js';

/** What `resources/list` gives at most (ResourceTemplateDefinition.list). */
export const MAX_LISTED = 10_000;

/** Entries looked at in one walk, so that a folder full of what is not shown cannot keep it busy for ever. */
const MAX_VISITED = 10 * MAX_LISTED;

/** A list is asked for page by page and letter by letter: it is kept this long, or until a file comes or goes. */
const KEPT_MS = 1_000;

/** Files whose sizes are asked for at once. */
const STAT_BATCH = 32;

/** The files of a folder that are shown to callers. */
export class FolderListing {
  private kept: { readonly at: number; readonly files: Promise<ListedResource[]> } | undefined;

  constructor(
    readonly folder: ServedFolder,
    private readonly clock: Clock,
  ) {}

  /**
   * The files by name; of more than MAX_LISTED, which ones is the system's choice. A folder that is not there is empty.
   * Unreadable folders inside are left out.
   */
  files(): Promise<ListedResource[]> {
    const now = this.clock.monotonic();
    if (this.kept === undefined || now - this.kept.at >= KEPT_MS) this.kept = { at: now, files: this.walk() };
    return this.kept.files;
  }

  /** The next list is a new one: a file came or went. */
  forget(): void {
    this.kept = undefined;
  }

  /** The names that begin with what was typed so far. */
  async complete(typed: string): Promise<string[]> {
    const files = await this.files();
    return files.map(({ name }) => name).filter((name) => name.startsWith(typed));
  }

  private async walk(): Promise<ListedResource[]> {
    const root = await realpath(this.folder.guarded.path).catch(() => undefined);
    if (root === undefined) return [];
    const walk: Walk = { root, except: await exceptedFolder(this.folder.guarded, root), names: [], visited: 0 };
    await this.visit(walk, '', 0);
    const names = walk.names.sort();
    const files: (ListedResource | undefined)[] = [];
    for (let at = 0; at < names.length; at += STAT_BATCH) {
      const batch = names.slice(at, at + STAT_BATCH);
      files.push(...(await Promise.all(batch.map((name) => this.describe(walk, name)))));
    }
    return files.filter((file) => file !== undefined);
  }

  private async visit(walk: Walk, below: string, depth: number): Promise<void> {
    const folders: string[] = [];
    const entries = await opendir(join(walk.root, below)).catch(() => undefined);
    if (entries === undefined) return;
    for await (const entry of entries) {
      walk.visited += 1;
      if (walk.names.length >= MAX_LISTED || walk.visited > MAX_VISITED) return;
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) folders.push(name);
      else if (mayBeFile(entry) && this.folder.shows(name)) walk.names.push(name);
    }
    if (depth === MAX_FOLDER_DEPTH) return;
    for (const name of folders)
      if (!name.split('/').at(-1)?.startsWith('.') && join(walk.root, name) !== walk.except)
        await this.visit(walk, name, depth + 1);
  }

  /** What the list says of a file; nothing when it has gone or is a link to what may not be read. */
  private async describe({ root, except }: Walk, name: string): Promise<ListedResource | undefined> {
    try {
      const path = await realpath(join(root, name));
      const stats = await stat(path);
      if (!stats.isFile() || !isBelow(root, path) || (except !== undefined && isBelow(except, path))) return undefined;
      return { uri: this.folder.uriOf(name), name, mimeType: this.folder.mimeTypeOf(name), size: stats.size };
    } catch {
      return undefined;
    }
  }
}

interface Walk {
  readonly root: string;
  /** The folder inside whose files do not belong to it. */
  readonly except: string | undefined;
  readonly names: string[];
  visited: number;
}

/** Links are followed when they are described; folders behind links are not listed, which also ends every loop. */
function mayBeFile(entry: Dirent): boolean {
  return entry.isFile() || entry.isSymbolicLink();
}
