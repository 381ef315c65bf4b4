import { Redis } from 'ioredis';
import { asError, yieldToEventLoop, type Background, type Clock, type Rng } from '@mcp-cluster/kernel';
import { isReadOnly, isReply, NoAnswer, reasonOf, withoutCommand } from './redis-errors.js';
import type { Argument } from './store.js';

/** Milliseconds a call may take: what the design gives a Redis that hangs (reliability.md, experiment 7). */
export const CALL_LIMIT_MS = 250;

/**
 * ioredis' own limit on each command, the handshake's too. Above ours, so that ours decides: after a pause of this
 * process ours looks into the socket for the answer before it gives up, and ioredis' does not.
 */
const COMMAND_TIMEOUT_MS = 2 * CALL_LIMIT_MS;

/** With the wait between two tries, a Redis that is back is found again in less than 5 s. */
const CONNECT_TIMEOUT_MS = 1_000;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 1_000;

/** A peer that does not close its half gets this long. */
const DISCONNECT_TIMEOUT_MS = 200;

export interface ConnectionSettings {
  /** `redis://[user:password@]host:port[/db]`, or `rediss://` for TLS. Never logged. */
  readonly url: string;
  /** For `CLIENT LIST`. */
  readonly name: string;
  readonly clock: Clock;
  readonly background: Background;
  /** Spreads the retries of many processes. */
  readonly rng: Rng;
  /**
   * For a connection whose commands block: the milliseconds without a byte after which it is taken for half-open and
   * made anew. Without it each command is limited instead.
   */
  readonly silenceMs?: number | undefined;
}

export interface ConnectionListener {
  /** The handshake is over and Redis has its data. */
  ready(): void;
  /** It was ready, or a try to connect failed. It tries again by itself. */
  lost(reason: string): void;
}

/**
 * One connection that comes back by itself, for ever. Commands are never queued while it is away and never sent twice.
 * A late answer belongs to its own command: ioredis keeps the order, and forgets it with the connection.
 */
export class RedisConnection {
  private readonly client: Redis;
  private readonly pending = new Set<(error: Error) => void>();
  private lastError: Error | undefined;
  private lastAnswer = Number.NEGATIVE_INFINITY;
  private closed = false;

  constructor(
    private readonly settings: ConnectionSettings,
    private readonly listener: ConnectionListener,
  ) {
    this.client = new Redis(withoutQuery(settings.url), clientOptions(settings));
    this.client.on('error', (error: Error) => {
      this.lastError = withoutCommand(error);
    });
    this.client.on('ready', () => {
      this.lastError = undefined;
      this.listener.ready();
    });
    this.client.on('close', () => {
      this.lose();
    });
    this.client.on('end', () => {
      this.startAgain();
    });
    // Fails where Redis is away: 'close' tells, and the retries go on.
    this.client.connect().catch(() => undefined);
  }

  /** What went wrong last, while it is not well. */
  get fault(): Error | undefined {
    return this.lastError;
  }

  get up(): boolean {
    return this.client.status === 'ready';
  }

  /**
   * @param limitMs undefined only for a connection with `silenceMs`
   * @param binary texts in the answer are Buffers
   * @throws NoAnswer, or the ReplyError that Redis answered
   */
  send(command: string, args: readonly Argument[], limitMs?: number, binary = false): Promise<unknown> {
    if (!this.up) return Promise.reject(new NoAnswer(this.reason(), false, { cause: this.lastError }));
    return new Promise((resolve, reject) => {
      const sentAt = this.settings.clock.monotonic();
      const fail = (error: Error): void => {
        this.pending.delete(fail);
        timer?.cancel();
        reject(error);
      };
      const giveUp = async (): Promise<void> => {
        // After a pause of this process its timers run before its sockets: the answer may be there already.
        await yieldToEventLoop();
        fail(new NoAnswer(`no answer within ${String(limitMs)} ms`, this.lastAnswer < sentAt));
      };
      const timer =
        limitMs === undefined
          ? undefined
          : this.settings.clock.after(limitMs, () => {
              this.settings.background.run('redis-limit', giveUp);
            });
      this.pending.add(fail);
      const sent = binary ? this.client.callBuffer(command, [...args]) : this.client.call(command, [...args]);
      sent.then(
        (answer) => {
          this.lastAnswer = this.settings.clock.monotonic();
          this.pending.delete(fail);
          timer?.cancel();
          resolve(answer);
        },
        (thrown: unknown) => {
          const error = withoutCommand(asError(thrown));
          if (isReply(error)) this.lastAnswer = this.settings.clock.monotonic();
          // ioredis leaves the connection at that: this is why.
          if (isReadOnly(error)) this.lastError = error;
          fail(isReply(error) ? error : new NoAnswer(this.reason(), false, { cause: error }));
        },
      );
    });
  }

  /** Drops the connection and makes another one: for a peer that says nothing any more. */
  renew(reason: string): void {
    // In any other state a connection is under way already, and ioredis would give up for ever.
    if (!this.up) return;
    this.lastError = new NoAnswer(reason, true);
    this.client.disconnect(true);
  }

  close(): void {
    this.closed = true;
    this.client.disconnect();
    this.rejectPending(new NoAnswer('closed', false));
  }

  private lose(): void {
    this.rejectPending(new NoAnswer(this.reason(), false, { cause: this.lastError }));
    if (!this.closed) this.listener.lost(this.reason());
  }

  /** ioredis leaves commands of a lost connection unsettled until their timeout (`autoResendUnfulfilledCommands: false`). */
  private rejectPending(error: Error): void {
    for (const fail of [...this.pending]) fail(error);
  }

  /** It ends where even opening a socket fails, and when it is closed while it connects. */
  private startAgain(): void {
    if (this.closed) return;
    this.lose();
    this.settings.clock.after(MAX_RETRY_MS, () => {
      if (!this.closed && this.client.status === 'end') this.client.connect().catch(() => undefined);
    });
  }

  private reason(): string {
    if (this.closed) return 'closed';
    return this.lastError === undefined ? 'not connected' : reasonOf(this.lastError);
  }
}

function clientOptions(settings: ConnectionSettings) {
  const { silenceMs } = settings;
  return {
    lazyConnect: true,
    disableClientInfo: true,
    connectionName: settings.name,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    // A command that may have run must not run again: XADD would append twice.
    autoResendUnfulfilledCommands: false,
    maxLoadingRetryTime: MAX_RETRY_MS,
    retryStrategy: (times: number) =>
      Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(times - 1, 10)) * (0.5 + settings.rng.next() / 2),
    reconnectOnError: (error: Error) => isReadOnly(error),
    ...(silenceMs === undefined ? { commandTimeout: COMMAND_TIMEOUT_MS } : { socketTimeout: silenceMs }),
  };
}

/** ioredis takes options from a URL's query before ours: a URL says where and who, not how. */
function withoutQuery(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? url;
}
