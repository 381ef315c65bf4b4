import { RestartBackoff, STABLE_AFTER_MS } from '@mcp-cluster/cluster';
import type { Clock, Rng, Timer } from '@mcp-cluster/kernel';
import type { Discovery } from '../discovery/discovery.js';
import type { Membership } from '../membership/membership.js';
import {
  NodeProcess,
  type NodeCommand,
  type NodeExit,
  type NodeProcessEvents,
  type StartedNode,
} from './node-process.js';

/** Milliseconds until a started process must serve: a node starts in about one second, on a busy machine in ten. */
export const START_TIMEOUT_MS = 30_000;

/** Writes structured log lines. */
export interface SupervisorLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export interface SupervisorParts {
  /** Nodes at the start. */
  readonly count: number;
  /** The command for the node of an id. */
  readonly command: (id: string) => NodeCommand;
  readonly membership: Pick<Membership, 'join' | 'leave'>;
  /** Called when a node serves, so that it is checked at once. */
  readonly onListening: () => void;
  /** A node's process has ended for certain: whatever it held can be taken over now. */
  readonly onGone?: (id: string) => void;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: SupervisorLog;
  /** Starts a process; tests bring their own. */
  readonly spawn?: (command: NodeCommand, clock: Clock, events: NodeProcessEvents) => StartedNode;
}

/** What becomes of a slot whose process has ended. */
type Purpose =
  /** It is filled again. Counts. */
  | 'stays'
  /** As `stays`, but does not count: it takes the place of one that is about to go. */
  | 'spare'
  /** It is removed. Does not count. */
  | 'leaves';

/** One place in the cluster, filled by one process after another. */
interface Slot {
  readonly id: string;
  /** Larger means newer. */
  readonly born: number;
  readonly backoff: RestartBackoff;
  purpose: Purpose;
  process: StartedNode | undefined;
  /** Of the start of the next process, or the one by which the present one must serve. */
  timer: Timer | undefined;
}

/**
 * Starts the node processes and keeps their number: one that ends without being asked is started again under its
 * id, with backoff. Carries bus messages between them, which is the bus of a cluster without Redis.
 */
export class Supervisor implements Discovery {
  private readonly slots = new Map<string, Slot>();
  private births = 0;
  private stopping = false;

  constructor(private readonly parts: SupervisorParts) {}

  start(): void {
    this.grow(this.parts.count);
  }

  /** @param callsMs milliseconds that calls and tasks which still run may take; the caller sends no more of them */
  async stop(callsMs = 0): Promise<void> {
    this.stopping = true;
    const slots = [...this.slots.values()];
    for (const slot of slots) slot.timer?.cancel();
    const running = slots.map((slot) => slot.process).filter((process) => process !== undefined);
    await Promise.all(running.map((process) => process.stop({ others: false, callsMs })));
  }

  /** Ends every process at once, without a drain. */
  kill(): void {
    this.stopping = true;
    for (const slot of this.slots.values()) slot.process?.kill();
  }

  /** Ends one process at once, without a drain; another one is started in its place. */
  end(id: string): void {
    this.slots.get(id)?.process?.kill();
  }

  /** Nothing is started any more. */
  get isStopping(): boolean {
    return this.stopping;
  }

  /** Places that are kept filled. */
  get size(): number {
    return this.staying().length;
  }

  /** The kept places, oldest first. */
  staying(): readonly { readonly id: string; readonly born: number }[] {
    return [...this.slots.values()].filter(({ purpose }) => purpose === 'stays');
  }

  /** Adds places until there are that many. */
  grow(to: number): void {
    while (!this.stopping && this.size < to) this.launch(this.open('stays'));
  }

  /** Starts a node that takes another one's place when that is retired; until then it does not count. */
  addSpare(): string | undefined {
    if (this.stopping) return undefined;
    const slot = this.open('spare');
    this.launch(slot);
    return slot.id;
  }

  /** The spare counts from now on, instead of the other one, which is not started again when it ends. */
  swap(spare: string, old: string): void {
    const slot = this.slots.get(spare);
    if (slot?.purpose === 'spare') slot.purpose = 'stays';
    this.retire(old);
  }

  /** It does not count from now on, and is not started again when it ends. False when it had left already. */
  retire(id: string): boolean {
    const slot = this.slots.get(id);
    if (slot === undefined || slot.purpose === 'leaves') return false;
    slot.purpose = 'leaves';
    return true;
  }

  /** A node that drains without our order is as good as gone: another one takes its place now. */
  replace(id: string): void {
    const slot = this.slots.get(id);
    if (this.stopping || slot?.purpose !== 'stays') return;
    slot.purpose = 'leaves';
    const successor = this.open('stays', slot.backoff);
    const aliveMs = this.parts.clock.monotonic() - (slot.process?.startedAt ?? 0);
    // Nodes that drain as soon as they serve must not be replaced as fast as they start.
    if (aliveMs < STABLE_AFTER_MS) this.launchLater(successor, aliveMs);
    else this.launch(successor);
  }

  /**
   * Ends a node for good. Resolves when its process is gone; its id is free then, not before.
   * @param callsMs milliseconds that its running calls may take
   */
  async shrink(id: string, callsMs: number): Promise<void> {
    this.retire(id);
    const slot = this.slots.get(id);
    if (slot === undefined) return;
    slot.timer?.cancel();
    if (slot.process === undefined) this.slots.delete(id);
    else await slot.process.stop({ others: true, callsMs });
  }

  /** A place under the lowest free number: labels of metrics and seals of sessions stay few. */
  private open(purpose: Purpose, backoff = new RestartBackoff(this.parts.rng)): Slot {
    let number = 1;
    while (this.slots.has(`node-${String(number)}`)) number += 1;
    const slot: Slot = {
      id: `node-${String(number)}`,
      born: (this.births += 1),
      backoff,
      purpose,
      process: undefined,
      timer: undefined,
    };
    this.slots.set(slot.id, slot);
    return slot;
  }

  private launch(slot: Slot): void {
    const { clock, membership, log } = this.parts;
    const spawn = this.parts.spawn ?? ((command, time, events) => new NodeProcess(command, time, events));
    const process = spawn(this.parts.command(slot.id), clock, {
      listening: ({ mcpPort, managementPort, pid, version }) => {
        slot.timer?.cancel();
        const origin = `http://127.0.0.1:${String(mcpPort)}`;
        const managementOrigin = `http://127.0.0.1:${String(managementPort)}`;
        membership.join({ key: slot.id, id: slot.id, origin, managementOrigin, pid, version });
        this.parts.onListening();
      },
      bus: (message) => {
        for (const other of this.slots.values()) if (other !== slot) other.process?.send(message);
      },
      exited: (how) => {
        this.ended(slot, how);
      },
    });
    slot.process = process;
    slot.timer = clock.after(START_TIMEOUT_MS, () => {
      log.warn({ member: slot.id, memberPid: process.pid }, 'node did not start in time and is ended');
      process.kill();
    });
    log.info({ member: slot.id, memberPid: process.pid }, 'node started');
  }

  private ended(slot: Slot, how: NodeExit): void {
    slot.timer?.cancel();
    slot.process = undefined;
    this.parts.membership.leave(slot.id);
    this.parts.onGone?.(slot.id);
    if (slot.purpose === 'leaves') {
      this.slots.delete(slot.id);
      this.parts.log.info({ member: slot.id, ...how }, 'node ended and is removed');
    } else if (!this.stopping) {
      const delayMs = this.launchLater(slot, how.aliveMs);
      this.parts.log.warn({ member: slot.id, ...how, delayMs }, 'node ended and will be started again');
    }
  }

  private launchLater(slot: Slot, aliveMs: number): number {
    const delayMs = Math.round(slot.backoff.nextDelay(aliveMs));
    slot.timer = this.parts.clock.after(delayMs, () => {
      if (slot.purpose === 'leaves') this.slots.delete(slot.id);
      else this.launch(slot);
    });
    return delayMs;
  }
}
