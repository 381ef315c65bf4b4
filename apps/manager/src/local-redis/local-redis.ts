import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { RestartBackoff } from '@mcp-cluster/cluster';
import { LocalError, type Clock, type Rng, type Timer } from '@mcp-cluster/kernel';
import { RedisProcess } from './redis-process.js';

/**
 * The most it may hold before it refuses writes: 10,000 sessions of 25 KB each and the streams of a busy cluster take
 * half of it, and a laptop has it to spare.
 */
const MAX_MEMORY = '1gb';
/** Bytes of its password. It listens on loopback, where every user of the machine could connect. */
const PASSWORD_BYTES = 32;
/** Another program may take the port between our choice and the start; three times in a row is something else. */
const START_ATTEMPTS = 3;

export interface LocalRedisParts {
  /** Path of redis-server. */
  readonly server: string;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: {
    info(fields: Readonly<Record<string, unknown>>, message: string): void;
    warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  };
}

/**
 * A redis-server of this manager's own: on a free loopback port, with a password, without persistence. One that dies
 * comes back, empty, on the same port and with the same password, so that every client finds it again.
 */
export class LocalRedis {
  private readonly backoff: RestartBackoff;
  private process: RedisProcess | undefined;
  private timer: Timer | undefined;
  private stopping = false;

  private constructor(
    private readonly parts: LocalRedisParts,
    readonly port: number,
    private readonly password: string,
  ) {
    this.backoff = new RestartBackoff(parts.rng);
  }

  /**
   * Resolves when it takes connections.
   * @throws LocalError `local_redis_failed` with what the server said last
   */
  static async start(parts: LocalRedisParts): Promise<LocalRedis> {
    for (let attempt = 1; ; attempt += 1) {
      // Base64url has no character that a URL or a line of the configuration would have to escape.
      const redis = new LocalRedis(parts, await freePort(), parts.rng.bytes(PASSWORD_BYTES).toString('base64url'));
      try {
        await redis.launch();
        return redis;
      } catch (thrown) {
        if (attempt >= START_ATTEMPTS || !/listening/i.test((thrown as Error).message)) throw thrown;
      }
    }
  }

  /** With the password: for the environment of processes, never for people or logs. */
  get url(): string {
    return `redis://:${this.password}@127.0.0.1:${String(this.port)}`;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.timer?.cancel();
    await this.process?.stop();
  }

  /** One life of the server. Resolves when it is ready; from then on its end is repaired here. */
  private launch(): Promise<void> {
    const { server, clock, log } = this.parts;
    return new Promise((resolve, reject) => {
      let ready = false;
      this.process = new RedisProcess(server, this.configuration(), clock, {
        ready: (pid) => {
          ready = true;
          log.info({ redisPid: pid, port: this.port }, 'redis-server started');
          resolve();
        },
        exited: ({ reason, aliveMs }) => {
          if (ready) this.restart(reason, aliveMs);
          else reject(new LocalError('local_redis_failed', `redis-server did not start: ${reason}`));
        },
      });
    });
  }

  private restart(reason: string, aliveMs: number): void {
    if (this.stopping) return;
    const delayMs = Math.round(this.backoff.nextDelay(aliveMs));
    this.parts.log.warn({ port: this.port, reason, delayMs }, 'redis-server ended and will be started again, empty');
    this.timer = this.parts.clock.after(delayMs, () => {
      this.launch().catch((thrown: unknown) => {
        this.restart((thrown as Error).message, 0);
      });
    });
  }

  private configuration(): string {
    return [
      `port ${String(this.port)}`,
      'bind 127.0.0.1',
      `requirepass ${this.password}`,
      'save ""',
      'appendonly no',
      `maxmemory ${MAX_MEMORY}`,
      // Sessions must not be evicted unseen: a refused write is told to whoever makes it.
      'maxmemory-policy noeviction',
      'daemonize no',
      'loglevel notice',
      'logfile ""',
      '',
    ].join('\n');
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
