/** What is kept. Each has its own time to live (P06). */
export type CacheType = 'resource' | 'tool_result' | 'auth_token' | 'computed_result';

/** Whom an entry may be given to: everybody, or only the principal for whom it was made (S7). */
export type CacheScope = 'public' | 'private';

/** The name of one entry. The same on every node, in every process and at every level. */
export interface CacheKey {
  /** 43 characters: the hash of all that makes the answer what it is, the principal of a private one included. */
  readonly id: string;
  readonly type: CacheType;
  /** The tool, resource template or computation that it belongs to. For people and metrics: a closed set, no arguments. */
  readonly space: string;
  readonly scope: CacheScope;
  /** A mark of the principal of a private entry, `''` of a public one. Checked again wherever an entry is read. */
  readonly owner: string;
  /** Marks under which it can be invalidated, hashes all: of everything, its space, its own id, and what its author named. */
  readonly tags: readonly string[];
}

/** How long an entry is good. All in milliseconds, 0 or more. */
export interface CachePolicy {
  /** It is fresh for so long from when it was loaded. */
  readonly ttlMs: number;
  /** For so long after that it is served while it is loaded anew behind it. */
  readonly staleWhileRevalidateMs: number;
  /** For so long after that it is served when loading it anew fails. */
  readonly staleIfErrorMs: number;
}

/** What was found or loaded. Never changed after it was made. */
export interface CacheEntry<V> {
  readonly value: V;
  /** Wall time of the cluster, milliseconds: until then it is fresh. */
  readonly freshUntil: number;
}

/** A load as it sees those who wait for it. */
export interface Flight {
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
  /** Who waits now: what `board` was given. Empty while an entry is refreshed in the background. */
  readonly passengers: ReadonlySet<object>;
}

/** What a load brought. */
export interface Loaded<V> {
  readonly value: V;
  /** Whether it may be kept: an answer that says that something failed is told to those who wait, and to nobody later. */
  readonly keep: boolean;
}

export interface CacheQuery<V> {
  readonly key: CacheKey;
  readonly policy: CachePolicy;
  /**
   * Makes the value; run once for all who ask meanwhile, on one node of the cluster. What it throws everybody who waits
   * is told, and nothing is kept.
   */
  readonly load: (flight: Flight) => Promise<Loaded<V>>;
  /** A mark of the session or principal whose accesses belong together; undefined where nobody is known. */
  readonly asker?: string | undefined;
  /** It may be loaded ahead of time. */
  readonly prefetchable?: boolean;
}

/** Somebody's place on a flight. */
export interface Boarding<V> {
  /** Rejects with what the load threw, or with CapacityError when too many wait already. */
  readonly entry: Promise<CacheEntry<V>>;
  /** He no longer waits. The load goes on while anybody else does. Idempotent, and nothing after the flight has ended. */
  leave(): void;
}

/** What the dispatcher wants of a cache; libs/cache has it. Nothing that goes wrong inside is ever thrown at a caller. */
export interface ResultCache {
  /**
   * What is at hand in this process, at once. A stale entry that may still be served is returned too, and loaded anew in
   * the background.
   */
  peek<V>(query: CacheQuery<V>): CacheEntry<V> | undefined;
  /** Looks further away, and loads where nothing is found. */
  board<V>(query: CacheQuery<V>, passenger: object): Boarding<V>;
  /** Loads without looking, and keeps what comes in the place of what was kept. */
  reload<V>(query: CacheQuery<V>, passenger: object): Boarding<V>;
  /**
   * Forgets what carries one of these tags, in the whole cluster, also what is being loaded now. Best effort where
   * nodes cannot be reached: what they hold ends with its time to live.
   */
  invalidate(tags: readonly string[]): Promise<void>;
}

/** Thrown by a load whose answer belongs to one caller alone (it asked the user): everybody runs the call for himself. */
export class NotShareable extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'NotShareable';
  }
}
