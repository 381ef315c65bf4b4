import type { WorkName } from './plan.ts';
import type { ToolArguments } from './questions.ts';

/** How the text of a question becomes a key: as it is, which is what users of the peers do, or hashed as ours always is. */
export type Keying = 'text' | 'hash';

export interface Setup {
  /** Of the shared level. */
  redisPort: number;
  /** Entries that the first level may hold; 1 keeps out whatever is asked in turn. */
  l1Entries: number;
  keying: Keying;
  /** The name of this process among those that share the Redis. */
  process: string;
}

/** A cache that is asked. `Key` is what it looks up by. */
export interface OpenCache<Key = unknown> {
  key(args: ToolArguments): Key;
  /** The kept text, or what `load` brings, kept from then on. A promise where the cache gives one. */
  ask(key: Key, load: () => Promise<string>): string | Promise<string>;
  close(): Promise<void>;
}

/** One cache in one configuration. */
export interface Contestant {
  name: string;
  title: string;
  /** What was configured, beside the bounds that all share. */
  configured: string;
  /** Its family: of the configurations of a peer the fastest is compared. */
  of: 'ours' | 'bare' | 'bentocache' | 'cacheable';
  works: readonly WorkName[];
  open(setup: Setup): Promise<OpenCache>;
}
