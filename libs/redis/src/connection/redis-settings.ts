import type { Background, Clock, Rng } from '@mcp-cluster/kernel';
import type { CallResult } from './redis-errors.js';

export interface StoreState {
  readonly status: 'connecting' | 'ok' | 'degraded';
  /** A few words, without addresses and passwords; undefined while all is well. */
  readonly reason: string | undefined;
}

/** Told of every call, for metrics. It must not throw. */
export interface StoreObserver {
  /** @param script a script's name: a closed set */
  call?(script: string, result: CallResult, seconds: number): void;
  /** The breaker opened or closed. */
  breaker?(open: boolean): void;
}

export interface RedisSettings {
  /** `redis://[user:password@]host:port[/db]`, or `rediss://` for TLS. Never logged. */
  readonly url: string;
  /** How every key begins, with or without a colon at its end. */
  readonly prefix: string;
  /** Of this process, for `CLIENT LIST`. */
  readonly name: string;
  readonly clock: Clock;
  readonly background: Background;
  /** The default is the machine's. */
  readonly rng?: Rng | undefined;
  readonly onState?: ((state: StoreState) => void) | undefined;
  readonly observer?: StoreObserver | undefined;
}
