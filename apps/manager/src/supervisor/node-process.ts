import { spawn, type ChildProcess } from 'node:child_process';
import { nodeMessage, type ListeningMessage } from '@mcp-cluster/cluster';
import { sleep, type Clock } from '@mcp-cluster/kernel';

/** How a node process is started. */
export interface NodeCommand {
  /** The runtime, for example `process.execPath`. */
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a node process tells its supervisor. */
export interface NodeProcessEvents {
  listening(message: ListeningMessage): void;
  /** An IPC message for all the other nodes. */
  bus(message: object): void;
  /** It is gone. Called once. */
  exited(how: { code: number | null; signal: string | null; aliveMs: number }): void;
}

/**
 * IPC messages to one child that may wait to be written. A node that does not read for so long misses some;
 * what must not be lost is not told over the bus.
 */
const MAX_UNSENT = 1000;
/** Milliseconds between SIGTERM, which drains, and SIGKILL. */
export const STOP_TIMEOUT_MS = 1500;

/** One life of one node process. */
export class NodeProcess {
  private readonly child: ChildProcess;
  private readonly startedAt: number;
  private readonly gone: Promise<void>;
  private unsent = 0;

  constructor(
    command: NodeCommand,
    private readonly clock: Clock,
    private readonly events: NodeProcessEvents,
  ) {
    this.startedAt = clock.monotonic();
    this.child = spawn(command.file, [...command.args], {
      env: { ...command.env },
      // Its own process group: Ctrl-C reaches the manager only, which then ends its nodes in order.
      detached: true,
      // Both of its outputs go to our stderr: the node logs JSON lines, and our stdout is for people.
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    this.child.on('message', (message) => {
      this.received(message);
    });
    this.gone = new Promise((resolve) => {
      const ended = (code: number | null, signal: string | null): void => {
        resolve();
        this.events.exited({ code, signal, aliveMs: clock.monotonic() - this.startedAt });
      };
      this.child.once('exit', ended);
      // A process that could not be started has no exit.
      this.child.once('error', () => {
        if (this.child.pid === undefined) ended(null, null);
      });
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Sends a message, or drops it when the node has stopped reading. */
  send(message: object): void {
    if (!this.child.connected || this.unsent >= MAX_UNSENT) return;
    this.unsent += 1;
    this.child.send(message, () => {
      this.unsent -= 1;
    });
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Lets it drain, for at most STOP_TIMEOUT_MS, and ends it. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const waited = new AbortController();
    const limit = sleep(this.clock, STOP_TIMEOUT_MS, waited.signal).then(
      () => {
        this.kill();
      },
      () => undefined,
    );
    await this.gone;
    waited.abort();
    await limit;
  }

  private received(message: unknown): void {
    const parsed = nodeMessage.safeParse(message);
    if (!parsed.success) return;
    if (parsed.data.type === 'listening') this.events.listening(parsed.data);
    else this.events.bus(parsed.data);
  }
}
