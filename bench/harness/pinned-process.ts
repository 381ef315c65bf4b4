import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { sleep, systemClock } from '@mcp-cluster/kernel';
import { CACHE } from './machine.ts';

export interface Launch {
  command: string;
  args: string[];
  /** The one core that the process may use. */
  core: number;
  env?: Record<string, string>;
}

/** Long enough for a Nest application on a busy core. */
const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 5_000;
const POLL_MS = 50;
/** Enough to tell why a process died. */
const MOST_OUTPUT_CHARACTERS = 4_096;
/**
 * Not the caller's environment: a NODE_OPTIONS or LOG_LEVEL there would change what is measured. The compile
 * cache spares subjects written in TypeScript the loader for it, some 15 MiB that compiled ones do not have.
 */
const ENVIRONMENT = {
  NODE_ENV: 'production',
  NODE_COMPILE_CACHE: join(CACHE, 'compiled'),
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/bin',
};

/** A process on one core, with what it last said. */
export class PinnedProcess {
  readonly pid: number;
  #output = '';
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(launch: Launch) {
    this.#child = spawn('taskset', ['-c', String(launch.core), launch.command, ...launch.args], {
      env: { ...ENVIRONMENT, ...launch.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exited = once(this.#child, 'exit');
    if (this.#child.pid === undefined) throw new Error(`cannot start taskset ${launch.command}`);
    this.pid = this.#child.pid;
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-MOST_OUTPUT_CHARACTERS);
      });
    }
  }

  /**
   * Starts a process and waits until `ready` no longer throws.
   * @throws with the process's last output when it ends or is not ready within 30 s
   */
  static async start(launch: Launch, ready: () => Promise<void>): Promise<PinnedProcess> {
    const started = new PinnedProcess(launch);
    try {
      await started.#untilReady(ready);
      return started;
    } catch (error) {
      await started.stop();
      const said = started.#output;
      throw new Error(`${launch.command} ${launch.args.join(' ')} did not become ready; it said:\n${said}`, {
        cause: error,
      });
    }
  }

  async #untilReady(ready: () => Promise<void>): Promise<void> {
    const deadline = systemClock.monotonic() + START_DEADLINE_MS;
    for (;;) {
      try {
        await ready();
        return;
      } catch (error) {
        if (this.ended || systemClock.monotonic() > deadline) throw error;
      }
      // The kernel's timers do not keep a process alive; the child does, and its end ends the wait.
      await Promise.race([sleep(systemClock, POLL_MS), this.#exited]);
    }
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Asks it to end, then insists. */
  async stop(): Promise<void> {
    if (this.ended) return;
    this.#child.kill('SIGTERM');
    const insist = systemClock.after(STOP_DEADLINE_MS, () => this.#child.kill('SIGKILL'));
    await this.#exited;
    insist.cancel();
  }
}

/** A port on the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
