/** A store as the benchmark drives it. Each keeps at most `maxBytes` and drops what was used longest ago. */
export interface Contestant {
  get(id: string): Promise<Uint8Array | undefined>;
  /** @returns false when it was not taken */
  set(id: string, tags: readonly string[], bytes: Uint8Array): Promise<boolean>;
  /** Nothing that has this tag is given from now on. */
  invalidate(tag: string): Promise<void>;
  close(): Promise<void>;
}

export type OpenContestant = (directory: string, maxBytes: number) => Promise<Contestant>;

export const CONTESTANTS = ['sqlite-thread', 'sqlite-here', 'lmdb', 'cacache', 'files'] as const;
export type ContestantName = (typeof CONTESTANTS)[number];

export async function contestant(name: ContestantName): Promise<OpenContestant> {
  switch (name) {
    case 'sqlite-thread':
      return (await import('./ours.ts')).openInThread;
    case 'sqlite-here':
      return (await import('./ours.ts')).openHere;
    case 'lmdb':
      return (await import('./lmdb.ts')).openLmdb;
    case 'cacache':
      return (await import('./cacache.ts')).openCacache;
    case 'files':
      return (await import('./files.ts')).openFiles;
  }
}
