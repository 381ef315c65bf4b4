import {
  DEFAULT_SCALING,
  readSize,
  type FencedRegister,
  type Leadership,
  type RegisteredValue,
  type ReportedLoad,
  type ScalingSettings,
  type Term,
} from '@mcp-cluster/cluster';
import { Background, LocalError } from '@mcp-cluster/kernel';
import { Registry } from '@mcp-cluster/telemetry';
import { VirtualClock } from '@mcp-cluster/testkit';
import type { LoadedNode } from '../src/scaling/cluster-load.js';
import type { ScalingDecision } from '../src/scaling/decision.js';
import { openScaling, type Scaling, type ScalingConfig } from '../src/scaling/open-scaling.js';
import type { Sizable } from '../src/scaling/scale-target.js';

export const INTERVAL_MS = 15_000;
export const IDLE: ReportedLoad = {
  cpuPercent: 5,
  memoryPercent: 5,
  eventLoopPercent: 5,
  eventLoopLagMs: 1,
  calls: 10,
  responseMs: 5,
  responseP95Ms: 8,
  queue: 0,
};
export const BUSY: ReportedLoad = { ...IDLE, cpuPercent: 95 };

/** Leads as its test says. */
class FakeLeadership implements Leadership {
  term: Term | undefined = { token: 1 };
  onChange(): void {
    throw new LocalError('unused', 'scaling asks for the term when it decides');
  }
  start(): void {
    throw new LocalError('unused', 'the manager starts it');
  }
  stop(): Promise<void> {
    throw new LocalError('unused', 'the manager stops it');
  }
}

/** What FencedValue does, in memory. */
export class MemoryRegister implements FencedRegister {
  value: RegisteredValue | undefined;
  refused = 0;
  down = false;
  read(): Promise<RegisteredValue | undefined> {
    return this.down ? this.away() : Promise.resolve(this.value);
  }
  write(token: number, json: string): Promise<boolean> {
    if (this.down) return this.away();
    if (this.value !== undefined && token < this.value.token) {
      this.refused += 1;
      return Promise.resolve(false);
    }
    this.value = { token, json };
    return Promise.resolve(true);
  }
  get size(): number | undefined {
    return readSize(this.value);
  }
  private away(): Promise<never> {
    return Promise.reject(new LocalError('store_unavailable', 'the store is away'));
  }
}

export class FakeFleet implements Sizable {
  readonly resized: number[] = [];
  constructor(public wanted: number) {}
  resize(to: number): void {
    this.wanted = to;
    this.resized.push(to);
  }
}

/** Members that report every half second what `load` says. */
class Members {
  load: ReportedLoad | undefined = IDLE;
  hung = false;
  private nodes_: LoadedNode[] = [];
  constructor(
    clock: VirtualClock,
    private readonly count: () => number,
  ) {
    clock.every(500, () => {
      this.report();
    });
    this.report();
  }
  nodes(): readonly LoadedNode[] {
    return this.nodes_;
  }
  private report(): void {
    if (this.hung) return;
    this.nodes_ = Array.from({ length: this.count() }, () => ({
      health: { state: 'ready' },
      report: { inFlight: 0, streams: 0, load: this.load },
    }));
  }
}

interface ManagerOptions {
  fleet?: FakeFleet;
  register?: FencedRegister;
  count?: () => number;
  clock?: VirtualClock;
  mode?: ScalingConfig['mode'];
  settings?: Partial<ScalingSettings>;
}

export class Manager {
  readonly clock: VirtualClock;
  readonly leadership = new FakeLeadership();
  readonly registry = new Registry();
  readonly lines: string[] = [];
  readonly members: Members;
  readonly scaling: Scaling;

  constructor({ fleet, register, count, clock, mode = 'on', settings }: ManagerOptions) {
    this.clock = clock ?? new VirtualClock();
    this.members = new Members(this.clock, count ?? (() => fleet?.wanted ?? 2));
    const line = (level: string) => (_fields: object, message: string) => this.lines.push(`${level} ${message}`);
    this.scaling = openScaling({
      config: { ...DEFAULT_SCALING, ...settings, mode, intervalMs: INTERVAL_MS },
      members: this.members,
      fleet,
      register,
      leadership: this.leadership,
      clock: this.clock,
      background: new Background((_name, error) => {
        throw error;
      }),
      registry: this.registry,
      log: { info: line('info'), warn: line('warn'), debug: line('debug') },
    });
    this.scaling.start();
  }

  async tick(times = 1): Promise<void> {
    await this.clock.advance(times * INTERVAL_MS);
  }

  get decisions(): string[] {
    return this.scaling.decisions.list().map(short);
  }
}

function short({ from, to, reason, applied, error }: ScalingDecision): string {
  return `${String(from)} → ${String(to)} ${reason}${applied ? ' applied' : ''}${error === undefined ? '' : ` ${error}`}`;
}
