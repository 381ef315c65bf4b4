/** A Lua script: Redis runs it whole or not at all, and keeps it by the hash of its source. */
export interface Script {
  /** For errors and metrics: a closed set. */
  readonly name: string;
  readonly source: string;
}

/** A command as it is, keys before arguments. For large values: Lua copies them several times, a command does not. */
export interface Command {
  /** For errors and metrics: a closed set. */
  readonly name: string;
  readonly command: string;
}

/** A Buffer is sent as it is, without a copy of it as text. */
export type Argument = string | number | Buffer;

/**
 * One connection's worth of Redis, as stores use it. Whatever goes wrong, a call settles within 250 ms: with what Redis
 * answered, or with LocalError `store_unavailable` (down, hung, refused, READONLY, loading, wrong password), or
 * `store_full` (out of memory). While the breaker is open it rejects at once.
 */
export interface Store {
  /** False while the breaker is open. */
  readonly available: boolean;
  /** A key of this cluster: the configured prefix and the parts, joined by colons. */
  key(...parts: readonly string[]): string;
  /** Calls reach Redis in the order in which they were made. Texts in the answer are read as UTF-8. */
  run(script: Script | Command, keys: readonly string[], args: readonly Argument[]): Promise<unknown>;
  /** The same for what is not text: where `run` gives a string, this gives the Buffer that was received. */
  runBuffers(script: Script | Command, keys: readonly string[], args: readonly Argument[]): Promise<unknown>;
  /** Called each time it answers again after it did not; for what has to be caught up with. */
  onRecovered(listener: () => void): void;
}
