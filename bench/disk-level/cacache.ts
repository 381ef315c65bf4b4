import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../harness/machine.ts';
import type { Contestant } from './contestant.ts';
import { indexed } from './indexed.ts';

/** As much of cacache as is used: it is installed for the benchmark only, and the types must not need it. */
interface Cacache {
  get(directory: string, key: string, options: object): Promise<{ data: Buffer }>;
  put(directory: string, key: string, data: Buffer, options: object): Promise<unknown>;
  rm: {
    entry(directory: string, key: string, options: object): Promise<unknown>;
  };
  ls(directory: string): Promise<Record<string, { key: string; size: number; metadata: { tags: string[] } }>>;
}

/** Content by its hash, an index file a bucket. Removing an entry leaves its content (others may have the same): so said twice. */
export function openCacache(directory: string, maxBytes: number): Promise<Contestant> {
  const cacache = createRequire(join(ROOT, 'bench/peers/package.json'))('cacache') as Cacache & {
    rm: { content(directory: string, integrity: string): Promise<unknown> };
    get: { info(directory: string, key: string): Promise<{ integrity: string } | null> };
  };
  return indexed(
    {
      get: async (id) => (await cacache.get(directory, id, { memoize: false })).data,
      put: async (id, tags, bytes) => {
        await cacache.put(directory, id, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), {
          memoize: false,
          metadata: { tags },
        });
      },
      remove: async (id) => {
        const info = await cacache.get.info(directory, id);
        if (info !== null) await cacache.rm.content(directory, info.integrity);
        await cacache.rm.entry(directory, id, { removeFully: true });
      },
      list: async () =>
        Object.values(await cacache.ls(directory)).map(({ key, size, metadata }) => ({
          id: key,
          bytes: size,
          tags: metadata.tags,
        })),
      close: () => Promise.resolve(),
    },
    maxBytes,
  );
}
