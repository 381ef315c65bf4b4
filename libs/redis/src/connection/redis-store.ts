import { createHash } from 'node:crypto';
import { asError, systemRng, type Timer } from '@mcp-cluster/kernel';
import { Circuit } from './circuit.js';
import { Listeners } from './listeners.js';
import { CALL_LIMIT_MS, RedisConnection } from './redis-connection.js';
import {
  asStoreError,
  isReadOnly,
  isScriptMissing,
  NoAnswer,
  reasonOf,
  replyError,
  resultOf,
  type CallResult,
} from './redis-errors.js';
import type { RedisSettings, StoreState } from './redis-settings.js';
import { RedisTime } from './redis-time.js';
import type { Argument, Command, Script, Store } from './store.js';

/** How often it is looked at a Redis that did not answer, and at one that does; the latter also samples its time. */
const PROBE_WHILE_LOST_MS = 500;
const PROBE_MS = 10_000;

/** Writes, because a replica or a full Redis answers every question and takes nothing. */
const PROBE: Script = {
  name: 'probe',
  source: `local time = redis.call('TIME')
local wrote = redis.pcall('SET', KEYS[1], '1', 'PX', 10000)
return { time[1], time[2], wrote.err or '' }`,
};

/** Opens a connection in the background. Never throws for a Redis that is away, locked or full: `state` tells. */
export function openRedis(settings: RedisSettings): RedisStore {
  return new RedisStore(settings);
}

/**
 * A Store in Redis. Calls reject at once while it is known to be away; a hung Redis costs each call that is under way
 * 250 ms, and later ones nothing. What a call that got no answer did to the data is unknown: a script must be safe to
 * send again.
 *
 * `run` rejects with LocalError `store_unavailable`, `store_full`, or `store_script_failed` for an error that the script
 * itself raised.
 */
export class RedisStore implements Store {
  /** The cluster's time. */
  readonly time: RedisTime;
  private readonly connection: RedisConnection;
  private readonly circuit = new Circuit();
  private readonly recovered: Listeners<undefined>;
  private readonly waiting = new Set<() => void>();
  private readonly hashes = new WeakMap<Script, string>();
  private current: StoreState = { status: 'connecting', reason: undefined };
  private readOnly = false;
  private probing = false;
  private nextProbe: Timer | undefined;
  private closed = false;

  constructor(private readonly settings: RedisSettings) {
    this.time = new RedisTime(settings.clock);
    this.recovered = new Listeners(settings.background, 'redis-recovered');
    this.connection = new RedisConnection(
      { ...settings, rng: settings.rng ?? systemRng },
      {
        ready: () => {
          // A read-only one is left for another connection each time: not more often than it is looked at.
          this.probeSoon(this.readOnly ? PROBE_WHILE_LOST_MS : 0);
        },
        lost: (reason) => {
          this.open(reason);
        },
      },
    );
  }

  get state(): StoreState {
    return this.current;
  }

  get available(): boolean {
    return !this.closed && !this.circuit.open && this.current.status !== 'connecting' && this.connection.up;
  }

  key(...parts: readonly string[]): string {
    const { prefix } = this.settings;
    return `${prefix}${prefix.endsWith(':') ? '' : ':'}${parts.join(':')}`;
  }

  run(script: Script | Command, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.call(script, keys, args, false);
  }

  runBuffers(script: Script | Command, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.call(script, keys, args, true);
  }

  onRecovered(listener: () => void): void {
    this.recovered.add(listener);
  }

  /** Whether it answers, waiting for the connection for at most `ms`: for a start that would rather begin whole. */
  answers(ms: number): Promise<boolean> {
    if (this.available) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (): void => {
        timer.cancel();
        this.waiting.delete(settle);
        resolve(this.available);
      };
      const timer = this.settings.clock.after(ms, settle);
      this.waiting.add(settle);
    });
  }

  /** Calls under way reject; none is made after it. */
  close(): void {
    this.closed = true;
    this.nextProbe?.cancel();
    for (const settle of [...this.waiting]) settle();
    this.connection.close();
  }

  private async call(
    script: Script | Command,
    keys: readonly string[],
    args: readonly Argument[],
    binary: boolean,
  ): Promise<unknown> {
    const startedAt = this.settings.clock.monotonic();
    try {
      if (!this.available) {
        const reason = this.circuit.reason ?? this.current.reason ?? 'connecting';
        throw new NoAnswer(reason, false, { cause: this.connection.fault });
      }
      const answer = await ('command' in script
        ? this.connection.send(script.command, [...keys, ...args], CALL_LIMIT_MS, binary)
        : this.evaluate(script, keys, args, binary));
      this.circuit.succeed();
      this.observe(script, 'ok', startedAt);
      return answer;
    } catch (thrown) {
      const error = asError(thrown);
      const result = resultOf(error);
      this.judge(error, result);
      this.observe(script, result, startedAt);
      throw asStoreError(script, error);
    }
  }

  /** By hash, and by source where Redis does not know the hash: both within one limit. */
  private async evaluate(
    script: Script,
    keys: readonly string[],
    args: readonly Argument[],
    binary: boolean,
  ): Promise<unknown> {
    const startedAt = this.settings.clock.monotonic();
    const rest = [keys.length, ...keys, ...args];
    try {
      return await this.connection.send('EVALSHA', [this.hash(script), ...rest], CALL_LIMIT_MS, binary);
    } catch (thrown) {
      if (!isScriptMissing(asError(thrown))) throw thrown;
      const left = CALL_LIMIT_MS - (this.settings.clock.monotonic() - startedAt);
      return await this.connection.send('EVAL', [script.source, ...rest], Math.max(1, left), binary);
    }
  }

  private hash(script: Script): string {
    let hash = this.hashes.get(script);
    if (hash === undefined) {
      hash = createHash('sha1').update(script.source).digest('hex');
      this.hashes.set(script, hash);
    }
    return hash;
  }

  /** What a failed call says about Redis. */
  private judge(error: Error, result: CallResult): void {
    // Those that fail because it is known to be away say nothing new.
    if (!this.available) return;
    const reason = reasonOf(error);
    if (result !== 'unavailable') {
      this.circuit.succeed();
      if (result === 'full') this.fill(reason);
      return;
    }
    // One that hung for a whole call hangs for the next one too, and a replica stays one: a probe tells when not.
    const certain = isReadOnly(error) || (error instanceof NoAnswer && error.silent);
    if (certain || this.circuit.fail()) this.open(reason);
  }

  private open(reason: string): void {
    if (this.closed) return;
    const known = this.circuit.open;
    this.circuit.break(reason);
    this.tell({ status: 'degraded', reason });
    if (known) return;
    this.settings.observer?.breaker?.(true);
    this.probeSoon(0);
  }

  /** Full is not away: what it has can be read and deleted, so calls go on. */
  private fill(reason: string): void {
    if (this.tell({ status: 'degraded', reason })) this.probeSoon(PROBE_WHILE_LOST_MS);
  }

  private probeSoon(ms: number): void {
    // While there is no connection its 'ready' asks.
    if (this.closed || this.probing || !this.connection.up) return;
    this.nextProbe?.cancel();
    this.nextProbe = this.settings.clock.after(ms, () => {
      this.probing = true;
      this.settings.background.run('redis-probe', () => this.probe());
    });
  }

  private async probe(): Promise<void> {
    try {
      const askedAt = this.settings.clock.monotonic();
      const [seconds, micros, refused] = (await this.evaluate(PROBE, [this.key('probe')], [], false)) as string[];
      this.time.sample(Number(seconds) * 1000 + Number(micros) / 1000, askedAt);
      this.learn(refused === '' || refused === undefined ? undefined : replyError(refused));
    } catch (thrown) {
      this.learn(asError(thrown));
    } finally {
      this.probing = false;
      this.probeSoon(this.current.status === 'ok' ? PROBE_MS : PROBE_WHILE_LOST_MS);
    }
  }

  /** What a probe found out: all is well, or this is wrong. */
  private learn(error: Error | undefined): void {
    if (this.closed) return;
    this.readOnly = error !== undefined && isReadOnly(error);
    if (error !== undefined && resultOf(error) === 'unavailable') {
      this.open(reasonOf(error));
      // Half-open, or a primary no more: another connection is the way out of both.
      if (this.readOnly || error instanceof NoAnswer) this.connection.renew(reasonOf(error));
      return;
    }
    if (this.circuit.open) this.settings.observer?.breaker?.(false);
    this.circuit.close();
    const full = error !== undefined;
    const changed = this.tell(
      full ? { status: 'degraded', reason: reasonOf(error) } : { status: 'ok', reason: undefined },
    );
    for (const settle of [...this.waiting]) settle();
    if (changed && !full) this.recovered.tell(undefined);
  }

  /** @returns whether this is news */
  private tell(state: StoreState): boolean {
    if (state.status === this.current.status && state.reason === this.current.reason) return false;
    this.current = state;
    this.settings.onState?.(state);
    return true;
  }

  private observe(script: Script | Command, result: CallResult, startedAt: number): void {
    this.settings.observer?.call?.(script.name, result, (this.settings.clock.monotonic() - startedAt) / 1000);
  }
}
