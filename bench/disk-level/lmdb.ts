import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../harness/machine.ts';
import type { Contestant } from './contestant.ts';
import { indexed } from './indexed.ts';

/** As much of lmdb as is used: it is installed for the benchmark only, and the types must not need it. */
interface Lmdb {
  open(options: object): {
    getBinary(key: string): Buffer | undefined;
    put(key: string, value: Uint8Array): Promise<boolean>;
    remove(key: string): Promise<boolean>;
    getRange(options: object): Iterable<{ key: string; value: Uint8Array }>;
    close(): Promise<void>;
  };
}

/** Reads in the caller's thread from a map of the file, writes in a thread of its own; not flushed, as ours is not. */
export function openLmdb(directory: string, maxBytes: number): Promise<Contestant> {
  const lmdb = createRequire(join(ROOT, 'bench/peers/package.json'))('lmdb') as Lmdb;
  const database = lmdb.open({ path: join(directory, 'entries.mdb'), encoding: 'binary', noSync: true });
  return indexed(
    {
      get: (id) => Promise.resolve(database.getBinary(id)),
      put: async (id, _tags, bytes) => {
        await database.put(id, bytes);
      },
      remove: async (id) => {
        await database.remove(id);
      },
      list: () =>
        Promise.resolve(
          Array.from(database.getRange({}), ({ key, value }) => ({ id: key, bytes: value.length, tags: [] })),
        ),
      close: () => database.close(),
    },
    maxBytes,
  );
}
