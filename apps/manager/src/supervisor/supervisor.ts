import { RestartBackoff } from '@mcp-cluster/cluster';
import type { Clock, Rng, Timer } from '@mcp-cluster/kernel';
import type { Discovery } from '../discovery/discovery.js';
import type { Membership } from '../membership/membership.js';
import { NodeProcess, type NodeCommand } from './node-process.js';

/** Milliseconds until a started process must serve: a node starts in about one second, on a busy machine in ten. */
const START_TIMEOUT_MS = 30_000;

/** Writes structured log lines. */
export interface SupervisorLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface SupervisorParts {
  readonly count: number;
  /** The command for the node of an id. */
  readonly command: (id: string) => NodeCommand;
  readonly membership: Membership;
  /** Called when a node serves, so that it is checked at once. */
  readonly onListening: () => void;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: SupervisorLog;
}

/** One place in the cluster, filled by one process after another. */
interface Slot {
  readonly id: string;
  readonly backoff: RestartBackoff;
  process: NodeProcess | undefined;
  timer: Timer | undefined;
}

/**
 * Starts the node processes and keeps their number: one that ends without being asked is started again, with
 * backoff. Carries bus messages between them, which is the bus of a cluster without Redis.
 */
export class Supervisor implements Discovery {
  private readonly slots: readonly Slot[];
  private stopping = false;

  constructor(private readonly parts: SupervisorParts) {
    this.slots = Array.from({ length: parts.count }, (_none, at) => ({
      id: `node-${String(at + 1)}`,
      backoff: new RestartBackoff(parts.rng),
      process: undefined,
      timer: undefined,
    }));
  }

  start(): void {
    for (const slot of this.slots) this.launch(slot);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    for (const slot of this.slots) slot.timer?.cancel();
    const running = this.slots.map((slot) => slot.process).filter((process) => process !== undefined);
    await Promise.all(running.map((process) => process.stop()));
  }

  /** Ends every process at once, without a drain. */
  kill(): void {
    this.stopping = true;
    for (const slot of this.slots) slot.process?.kill();
  }

  private launch(slot: Slot): void {
    const { clock, membership, log } = this.parts;
    const process = new NodeProcess(this.parts.command(slot.id), clock, {
      listening: ({ mcpPort, managementPort, pid, version }) => {
        slot.timer?.cancel();
        const origin = `http://127.0.0.1:${String(mcpPort)}`;
        const managementOrigin = `http://127.0.0.1:${String(managementPort)}`;
        membership.join({ key: slot.id, id: slot.id, origin, managementOrigin, pid, version });
        this.parts.onListening();
      },
      bus: (message) => {
        for (const other of this.slots) if (other !== slot) other.process?.send(message);
      },
      exited: (how) => {
        slot.timer?.cancel();
        slot.process = undefined;
        membership.leave(slot.id);
        if (!this.stopping) this.restart(slot, how);
      },
    });
    slot.process = process;
    slot.timer = clock.after(START_TIMEOUT_MS, () => {
      log.warn({ member: slot.id, memberPid: process.pid }, 'node did not start in time and is ended');
      process.kill();
    });
    log.info({ member: slot.id, memberPid: process.pid }, 'node started');
  }

  private restart(slot: Slot, how: { code: number | null; signal: string | null; aliveMs: number }): void {
    const delayMs = Math.round(slot.backoff.nextDelay(how.aliveMs));
    this.parts.log.warn({ member: slot.id, ...how, delayMs }, 'node ended and will be started again');
    slot.timer = this.parts.clock.after(delayMs, () => {
      this.launch(slot);
    });
  }
}
