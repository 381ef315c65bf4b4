import { BoundedMap, LocalError } from '@mcp-cluster/kernel';
import {
  ANONYMOUS,
  canonicalJson,
  isKnown,
  KeySpace,
  namedTag,
  type CachePolicy,
  type CacheQuery,
  type CacheScope,
  type Flight,
  type Principal,
  type ResultCache,
} from '@mcp-cluster/protocol';

/** P06: how long each is kept, milliseconds. */
const TTL_MS = { computed_result: 30 * 60_000, auth_token: 15 * 60_000 };

/** Computations have names, which are few; a name made of data must not fill the memory. */
const MAX_SPACES = 1_000;

export interface Computation {
  /** What is computed. For people and metrics: one of a few, no data in it. */
  readonly name: string;
  /** All that the result depends on besides the principal: JSON, dates and big integers. */
  readonly parts: unknown;
  /** `public`: the same for everybody. `private`: each principal has his own. */
  readonly scope: CacheScope;
  /** Whose it is; a private one has to say. What is the anonymous principal's is not kept: it would be everybody's. */
  readonly principal?: Principal | undefined;
  /** Default `computed_result`. */
  readonly type?: keyof typeof TTL_MS;
  /** Milliseconds, 0 or more; 0: shared by those who ask meanwhile, and not kept. Default 30 minutes, 15 for `auth_token`. */
  readonly ttlMs?: number;
  /** Milliseconds beyond `ttlMs` in which an old result is given while a new one is made. Default 0. */
  readonly staleWhileRevalidateMs?: number;
  /** Milliseconds beyond `ttlMs` in which an old result is given when making a new one fails. Default 0. */
  readonly staleIfErrorMs?: number;
  /** Names by which it can be invalidated. */
  readonly tags?: readonly string[];
  /** Another one after a change of the code that changes what the same parts give. Default `''`. */
  readonly version?: string;
  /** Whoever asks no longer waits when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Makes the result. `flight.signal` is aborted when nobody waits for it any more. */
export type Compute<V> = (flight: Flight) => Promise<V>;

/** What of a cache is wanted here. */
export type ComputedStore = Pick<ResultCache, 'peek' | 'board'>;

/**
 * Results that are dear to make: computed once for all who ask, in the whole cluster, and kept. They are given out as
 * they are, so nobody may change one.
 */
export class ComputedCache {
  private readonly spaces = new BoundedMap<string, KeySpace>(MAX_SPACES);

  constructor(private readonly cache: ComputedStore) {}

  /**
   * @returns what is kept, or what `compute` brings. Undefined and null are negative results: never kept
   * @throws what `compute` throws; LocalError `cache_principal_missing`; CapacityError when too many wait
   */
  async get<V>(what: Computation, compute: Compute<V>): Promise<V> {
    const { parts, principal, scope, signal, tags = [] } = what;
    signal?.throwIfAborted();
    if (scope === 'private' && principal === undefined)
      throw new LocalError('cache_principal_missing', `a private result of ${what.name} belongs to nobody`);
    const text = canonicalJson(parts ?? null);
    // Nobody can say whether another's parts are the same, or who else is anonymous.
    if (text === undefined || (scope === 'private' && principal !== undefined && !isKnown(principal)))
      return compute(alone(signal));
    const query: CacheQuery<V> = {
      // Asked for with other tags it is another entry: this one would not be forgotten by them.
      key: this.space(what).key(JSON.stringify([text, tags.toSorted()]), principal ?? ANONYMOUS, tags.map(namedTag)),
      policy: policyOf(what),
      load: async (flight) => ({ value: await compute(flight), keep: true }),
    };
    return this.cache.peek(query)?.value ?? (await this.board(query, signal));
  }

  private async board<V>(query: CacheQuery<V>, signal: AbortSignal | undefined): Promise<V> {
    const boarding = this.cache.board(query, {});
    if (signal === undefined) return (await boarding.entry).value;
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => {
      boarding.leave();
      aborted.reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return (await Promise.race([boarding.entry, aborted.promise])).value;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  private space({ name, scope, type = 'computed_result', version = '' }: Computation): KeySpace {
    const id = JSON.stringify([name, scope, type, version]);
    const known = this.spaces.get(id);
    if (known !== undefined) return known;
    const space = new KeySpace(type, name, scope, version);
    this.spaces.set(id, space);
    return space;
  }
}

function policyOf({ type = 'computed_result', ttlMs = TTL_MS[type], ...rest }: Computation): CachePolicy {
  return {
    ttlMs,
    staleWhileRevalidateMs: rest.staleWhileRevalidateMs ?? 0,
    staleIfErrorMs: rest.staleIfErrorMs ?? 0,
  };
}

/** The flight of a computation that is not shared. */
function alone(signal: AbortSignal | undefined): Flight {
  return { signal: signal ?? new AbortController().signal, passengers: new Set([{}]) };
}
