import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { asError, type Clock } from '@mcp-cluster/kernel';

/** The keeper beside this file: built, or as it is where tests run the sources. */
const KEEPER = fileURLToPath(new URL(`redis-keeper${extname(fileURLToPath(import.meta.url))}`, import.meta.url));

/** Milliseconds in which an empty redis-server takes connections: it needs 20, on a machine that is building a second. */
const START_TIMEOUT_MS = 10_000;
/** Lines of its log that are kept, to say why it did not start. */
const LAST_LINES = 5;
/** Characters of each. */
const LINE_LENGTH = 200;

/** Milliseconds for the keeper to end the server; it needs two. */
const STOP_TIMEOUT_MS = 1_000;

/** What the keeper says once. */
interface Kept {
  readonly pid: number;
  /** Its working directory, which the keeper removes. */
  readonly folder: string;
}

export interface RedisProcessEvents {
  /** It takes connections. At most once. */
  ready(pid: number): void;
  /** It is gone, or could not be started. Once. */
  exited(how: { readonly reason: string; readonly aliveMs: number }): void;
}

/** One life of one redis-server, with the keeper that ends it when this process ends. */
export class RedisProcess {
  private readonly keeper: ChildProcess;
  private readonly gone: Promise<void>;
  private readonly lastLines: string[] = [];
  private server: Kept | undefined;
  private accepting = false;

  /** @param configuration lines of a redis.conf; a password in them is seen by nobody else */
  constructor(
    serverPath: string,
    configuration: string,
    private readonly clock: Clock,
    events: RedisProcessEvents,
  ) {
    const startedAt = clock.monotonic();
    this.keeper = spawn(process.execPath, [KEEPER, serverPath], {
      // Its own process group: Ctrl-C reaches the manager only, which needs the store until its nodes have drained.
      detached: true,
      stdio: ['pipe', 'pipe', 2, 'ipc'],
    });
    const limit = clock.after(START_TIMEOUT_MS, () => {
      this.lastLines.push(`not ready within ${String(START_TIMEOUT_MS)} ms`);
      this.end();
    });
    // Which of the two comes first is not certain: they come over different pipes.
    const readyWhenBoth = (): void => {
      if (!this.accepting || this.server === undefined) return;
      limit.cancel();
      events.ready(this.server.pid);
    };
    this.keeper.once('message', (message: Kept) => {
      this.server = message;
      readyWhenBoth();
    });
    const log = this.readLog(readyWhenBoth);
    // Not the event `close`: with a channel that was disconnected from here it never comes.
    const exit = new Promise<void>((resolve) => {
      this.keeper.once('exit', (_code, signal) => {
        // First this: while the server runs, it holds the log open.
        if (signal !== null) this.endOrphan();
        resolve();
      });
      this.keeper.once('error', (thrown) => {
        this.lastLines.push(asError(thrown).message);
        if (this.keeper.pid === undefined) resolve();
      });
    });
    this.gone = Promise.all([exit, log]).then(() => {
      limit.cancel();
      const reason = this.lastLines.join('; ') || 'it said nothing';
      events.exited({ reason, aliveMs: clock.monotonic() - startedAt });
    });
    // A keeper that is gone already breaks the pipe; its exit tells that.
    this.keeper.stdin?.on('error', () => undefined).end(configuration);
  }

  /** Ends it at once: there is nothing to save. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.end();
    // The keeper may hang; then both are ended from here.
    const limit = this.clock.after(STOP_TIMEOUT_MS, () => {
      this.keeper.kill('SIGKILL');
    });
    await this.gone;
    limit.cancel();
  }

  private end(): void {
    if (this.keeper.connected) this.keeper.disconnect();
  }

  /** Reads the log to its end, where the returned promise resolves: a full pipe would stop the server. */
  private readLog(onAccepting: () => void): Promise<void> {
    const { stdout } = this.keeper;
    if (stdout === null) return Promise.resolve();
    const lines = createInterface({ input: stdout }).on('line', (line) => {
      const text = line.trim();
      if (text !== '') this.lastLines.push(text.slice(0, LINE_LENGTH));
      if (this.lastLines.length > LAST_LINES) this.lastLines.shift();
      if (this.accepting || !text.includes('Ready to accept connections')) return;
      this.accepting = true;
      onAccepting();
    });
    return new Promise((resolve) => lines.once('close', resolve));
  }

  /** The keeper was killed: what it kept would live on and hold the port. */
  private endOrphan(): void {
    if (this.server === undefined) return;
    try {
      process.kill(this.server.pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
    rmSync(this.server.folder, { recursive: true, force: true });
  }
}
