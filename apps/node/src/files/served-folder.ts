import { relative, sep } from 'node:path';
import { isGoodName, type GuardedFolder } from './guarded-file.js';

/** How deep folders inside are listed and watched: a deeper file can still be read by its name. */
export const MAX_FOLDER_DEPTH = 4;

/** A folder whose files are resources: what they are called, and which of them are shown. */
export class ServedFolder {
  constructor(
    /** What its URIs begin with: `logs` in `logs://cluster.log`. */
    readonly scheme: string,
    readonly guarded: GuardedFolder,
    /** MIME types by lower-case ending with its dot; any other file is plain text. */
    private readonly mimeTypes: Readonly<Record<string, string>>,
  ) {}

  /** The URI of a file: the name is one segment, so that it fits `{filename}` whatever is in it. */
  uriOf(name: string): string {
    return `${this.scheme}://${encodeURIComponent(name)}`;
  }

  mimeTypeOf(name: string): string {
    return this.mimeTypes[name.slice(name.lastIndexOf('.')).toLowerCase()] ?? 'text/plain';
  }

  /** Whether a file is shown in lists: hidden ones and names that cannot be said in a URI are not. */
  shows(name: string): boolean {
    const hidden = name.split('/').some((part) => part.startsWith('.'));
    // What is no UTF-8 in a name was replaced when the system told it: no such file could be opened.
    return !hidden && name.isWellFormed() && !name.includes('\uFFFD') && isGoodName(this.guarded, name);
  }
}

/** What callers call a file, whatever the system's separator is. */
export function nameBelow(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/');
}
