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

/** How a process ended. */
export interface NodeExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly aliveMs: number;
}

/** What a node process tells its supervisor. */
export interface NodeProcessEvents {
  listening(message: ListeningMessage): void;
  /** An IPC message for all the other nodes. */
  bus(message: object): void;
  /** It is gone. Called once. */
  exited(how: NodeExit): void;
}

/** What the supervisor needs of a process that it started; tests put their own in its place. */
export interface StartedNode {
  readonly pid: number | undefined;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  send(message: object): void;
  kill(): void;
  stop(how: StopOrder): Promise<void>;
}

/** How a process is told to go. */
export interface StopOrder {
  /**
   * Whether others may still send it calls. They are given time to notice (SIGTERM); else it drains at once, as it
   * does when its manager has gone (its channel is closed): on Ctrl-C nobody is left who could send any.
   */
  readonly others: boolean;
  /** Milliseconds for its running calls, before STOP_MARGIN_MS begins. */
  readonly callsMs: number;
}

/**
 * IPC messages to one child that may wait to be written. A node that does not read for so long misses some;
 * what must not be lost is not told over the bus.
 */
const MAX_UNSENT = 1000;
/**
 * Milliseconds that a process may take to go once its calls have ended, before SIGKILL. With the default drain timeout
 * of 3 s a Ctrl-C still ends everything within 5 s.
 */
export const STOP_MARGIN_MS = 1500;

/** One life of one node process. */
export class NodeProcess implements StartedNode {
  readonly startedAt: number;
  private readonly child: ChildProcess;
  private readonly gone: Promise<void>;
  private serves = false;
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

  /** Lets it drain and ends it. Resolves when it is gone: after callsMs and STOP_MARGIN_MS at the latest. */
  async stop({ others, callsMs }: StopOrder): Promise<void> {
    // One that does not serve yet has no calls, and hears nothing yet either.
    if (!this.serves) this.kill();
    else if (others) this.child.kill('SIGTERM');
    else if (this.child.connected) this.child.disconnect();
    const waited = new AbortController();
    const limit = sleep(this.clock, callsMs + STOP_MARGIN_MS, waited.signal).then(
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
    if (parsed.data.type === 'listening') {
      this.serves = true;
      this.events.listening(parsed.data);
    } else {
      this.events.bus(parsed.data);
    }
  }
}
