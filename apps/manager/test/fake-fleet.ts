import type { NodeStatus } from '@mcp-cluster/cluster';
import { Background, LocalError, seededRng } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { Membership } from '../src/membership/membership.js';
import { Fleet } from '../src/supervisor/fleet.js';
import type { NodeProcessEvents, StartedNode, StopOrder } from '../src/supervisor/node-process.js';
import { Supervisor } from '../src/supervisor/supervisor.js';

/** A process that does what its test says. */
export class FakeProcess implements StartedNode {
  readonly stops: StopOrder[] = [];
  private readonly over = Promise.withResolvers<undefined>();

  constructor(
    readonly id: string,
    readonly pid: number,
    readonly startedAt: number,
    readonly events: NodeProcessEvents,
    private readonly clock: VirtualClock,
    /** A stubborn one does not go when it is stopped. */
    private readonly stubborn: boolean,
  ) {}

  send(): void {
    throw new LocalError('unused', 'no bus message is sent in these tests');
  }

  kill(): void {
    this.exit(null);
  }

  stop(how: StopOrder): Promise<void> {
    this.stops.push(how);
    if (!this.stubborn) this.exit(0);
    return this.over.promise;
  }

  exit(code: number | null): void {
    this.over.resolve(undefined);
    this.events.exited({ code, signal: null, aliveMs: this.clock.monotonic() - this.startedAt });
  }
}

const link = { dispatch: () => undefined, sever: () => undefined, close: () => undefined };
export const DRAIN_MS = 3_000;

/** A supervisor and its fleet over processes that are none, on virtual time. */
export class FleetFixture {
  readonly clock = new VirtualClock();
  readonly members = new Membership(this.clock, () => link);
  /** Every process that was started, in order. */
  readonly started: FakeProcess[] = [];
  readonly gone: string[] = [];
  readonly drained: string[] = [];
  readonly lines: string[] = [];
  readonly failures: Error[] = [];
  readonly background = new Background((_name, error) => this.failures.push(error));
  readonly supervisor: Supervisor;
  readonly fleet: Fleet;
  stubborn = false;
  /** Whether nodes take the order to drain. */
  deaf = false;

  constructor(count: number) {
    const { clock, members, background } = this;
    const note = (fields: Readonly<Record<string, unknown>>): void => {
      this.note(fields);
    };
    const log = { info: note, warn: note };
    this.supervisor = new Supervisor({
      count,
      command: (id) => ({ file: id, args: [], env: {} }),
      membership: members,
      onListening: () => undefined,
      onGone: (id) => this.gone.push(id),
      clock,
      rng: seededRng(1),
      log,
      spawn: ({ file: id }, _clock, events) => {
        const pid = 100 + this.started.length;
        const process = new FakeProcess(id, pid, clock.monotonic(), events, clock, this.stubborn);
        this.started.push(process);
        return process;
      },
    });
    const order = (origin: string): Promise<void> => this.orderDrain(origin);
    this.fleet = new Fleet({
      supervisor: this.supervisor,
      members,
      count,
      drainMs: DRAIN_MS,
      clock,
      background,
      log,
      order,
    });
  }

  /** Starts, and lets every node serve. */
  async begin(): Promise<void> {
    this.supervisor.start();
    this.serveAll();
    // Nodes that are replaced before they are old come back with a delay.
    await this.clock.advance(60_000);
  }

  /** Ids of the processes that run and are to stay. */
  get staying(): string[] {
    return this.supervisor.staying().map(({ id }) => id);
  }

  get ready(): string[] {
    return this.members.ready.map(({ id }) => id);
  }

  /** The present process of an id. */
  process(id: string): FakeProcess {
    const found = this.started.findLast((one) => one.id === id);
    if (found === undefined) throw new LocalError('unknown', `${id} was never started`);
    return found;
  }

  /** Every process that does not serve yet begins to. */
  serveAll(): void {
    const known = new Set(this.members.nodes().map((node) => node.address.pid));
    for (const { id, pid, stops, events } of this.started)
      if (!known.has(pid) && stops.length === 0 && this.process(id).pid === pid) {
        const port = 40_000 + pid;
        events.listening({ type: 'listening', id, pid, mcpPort: port, managementPort: port, version: '0' });
        this.report(id, {});
      }
  }

  /** The node answers its health check. */
  report(id: string, changes: Partial<NodeStatus>): void {
    const node = this.members.nodes().find(({ address }) => address.key === id);
    if (node === undefined) throw new LocalError('unknown', `${id} is no member`);
    const calm = { state: 'ready', inFlight: 0, sessions: 0, streams: 0, mcpPort: 1, version: '0' } as const;
    this.members.answered(node, { id, ...calm, ...changes });
  }

  private orderDrain(origin: string): Promise<void> {
    const node = this.members.nodes().find(({ address }) => address.managementOrigin === origin);
    if (node === undefined || this.deaf) return Promise.reject(new LocalError('deaf', 'it does not listen'));
    this.drained.push(node.id);
    return Promise.resolve();
  }

  private note({ member, cause, phase }: Readonly<Record<string, unknown>>): void {
    if (typeof phase === 'string') this.lines.push(`${String(member)} ${String(cause)} ${phase}`);
  }
}
