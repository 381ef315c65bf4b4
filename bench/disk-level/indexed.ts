import type { Contestant } from './contestant.ts';

/** A store that only keeps bytes by name. */
export interface RawStore {
  get(id: string): Promise<Uint8Array | undefined>;
  put(id: string, tags: readonly string[], bytes: Uint8Array): Promise<void>;
  remove(id: string): Promise<void>;
  /** What is there: read once, when it is opened. */
  list(): Promise<readonly Listed[]>;
  close(): Promise<void>;
}

export interface Listed {
  readonly id: string;
  readonly bytes: number;
  readonly tags: readonly string[];
}

/**
 * What a store without bound, order of use and tags needs beside it to be a level of the cache, in the cheapest way: all of it
 * in memory, none of it durable (no times of use, no invalidations). It flatters the store.
 */
export async function indexed(raw: RawStore, maxBytes: number): Promise<Contestant> {
  const entries = new Map<string, Listed>();
  const byTag = new Map<string, Set<string>>();
  let total = 0;

  const forget = (id: string): void => {
    const entry = entries.get(id);
    if (entry === undefined) return;
    entries.delete(id);
    total -= entry.bytes;
    for (const tag of entry.tags) byTag.get(tag)?.delete(id);
  };
  const note = (entry: Listed): void => {
    forget(entry.id);
    entries.set(entry.id, entry);
    total += entry.bytes;
    for (const tag of entry.tags) byTag.set(tag, (byTag.get(tag) ?? new Set()).add(entry.id));
  };
  for (const entry of await raw.list()) note(entry);

  const drop = async (id: string): Promise<void> => {
    forget(id);
    await raw.remove(id);
  };
  return {
    get: async (id) => {
      const entry = entries.get(id);
      if (entry === undefined) return undefined;
      entries.delete(id);
      entries.set(id, entry);
      return raw.get(id);
    },
    set: async (id, tags, bytes) => {
      for (const [oldest] of entries) {
        if (total + bytes.length <= maxBytes) break;
        await drop(oldest);
      }
      await raw.put(id, tags, bytes);
      note({ id, bytes: bytes.length, tags });
      return true;
    },
    invalidate: async (tag) => {
      await Promise.all([...(byTag.get(tag) ?? [])].map(drop));
    },
    close: () => raw.close(),
  };
}
