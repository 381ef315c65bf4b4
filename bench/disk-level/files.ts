import { mkdir, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contestant } from './contestant.ts';
import { indexed, type Listed } from './indexed.ts';

/** One file an entry, in folders of two characters; written under another name and renamed. Tags are not kept over a restart. */
export function openFiles(directory: string, maxBytes: number): Promise<Contestant> {
  const made = new Set<string>();
  let writes = 0;
  const folderOf = (id: string): string => join(directory, id.slice(-2));
  return indexed(
    {
      get: (id) => readFile(join(folderOf(id), id)),
      put: async (id, _tags, bytes) => {
        const folder = folderOf(id);
        if (!made.has(folder)) await mkdir(folder, { recursive: true });
        made.add(folder);
        const path = join(folder, id);
        const temporary = `${path}.${String((writes += 1))}.tmp`;
        await writeFile(temporary, bytes, { mode: 0o600 });
        await rename(temporary, path);
      },
      remove: (id) => unlink(join(folderOf(id), id)),
      list: async () => {
        const listed: Listed[] = [];
        await mkdir(directory, { recursive: true });
        for (const folder of await readdir(directory)) {
          for (const id of await readdir(join(directory, folder))) {
            const path = join(directory, folder, id);
            if (id.endsWith('.tmp')) await unlink(path);
            else listed.push({ id, bytes: (await stat(path)).size, tags: [] });
          }
        }
        return listed;
      },
      close: () => Promise.resolve(),
    },
    maxBytes,
  );
}
