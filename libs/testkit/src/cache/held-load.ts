import {
  ANONYMOUS,
  canonicalJson,
  KeySpace,
  type CachePolicy,
  type CacheQuery,
  type CacheType,
  type Flight,
  type Loaded,
  type Principal,
} from '@mcp-cluster/protocol';

/** One run of a load. */
export interface Run {
  readonly flight: Flight;
  land(value: unknown, keep?: boolean): void;
  crash(error: Error): void;
}

/** A load whose runs a test ends by hand, one after the other. */
export class HeldLoad {
  readonly runs: Run[] = [];

  readonly load = (flight: Flight): Promise<Loaded<unknown>> => {
    const { promise, resolve, reject } = Promise.withResolvers<Loaded<unknown>>();
    const land = (value: unknown, keep = true): void => {
      resolve({ value, keep });
    };
    this.runs.push({ flight, land, crash: reject });
    return promise;
  };

  /** The last run. */
  get last(): Run {
    const run = this.runs.at(-1);
    if (run === undefined) throw new Error('it has not run');
    return run;
  }
}

export interface QueryWishes {
  readonly type?: CacheType;
  /** Undefined: public. */
  readonly principal?: Principal;
  readonly args?: unknown;
  readonly tags?: readonly string[];
  readonly policy?: Partial<CachePolicy>;
}

/** A minute unless it is said otherwise. */
const MINUTE: CachePolicy = { ttlMs: 60_000, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };

/** A query of a resource, public unless it has a principal. */
export function queryOf<V>(load: CacheQuery<V>['load'], wishes: QueryWishes = {}): CacheQuery<V> {
  const { type = 'resource', principal, args = {}, tags = [], policy = {} } = wishes;
  const space = new KeySpace(type, 'test', principal === undefined ? 'public' : 'private', '', tags);
  const key = space.key(canonicalJson(args) ?? '', principal ?? ANONYMOUS);
  return { key, policy: { ...MINUTE, ...policy }, load };
}
