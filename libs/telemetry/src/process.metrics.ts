import { cpus, type CpuInfo } from 'node:os';
import { collectDefaultMetrics, type Registry } from 'prom-client';
import { systemClock, type Clock } from '@mcp-cluster/kernel';
import { gaugeFamily, type Reading } from './gauge.family.js';

/** Where the numbers come from; tests bring their own. */
export interface ProcessSource {
  readonly clock: Clock;
  readonly cores: () => readonly Pick<CpuInfo, 'times'>[];
  /** Microseconds of processor time since the start. */
  readonly used: () => { user: number; system: number };
}

const machine: ProcessSource = { clock: systemClock, cores: cpus, used: () => process.cpuUsage() };

/** Memory and processor of this process (P13), and prom-client's own: event loop lag, garbage collection, handles. */
export function processFamilies(registry: Registry, source: ProcessSource = machine): void {
  collectDefaultMetrics({ register: registry });
  gaugeFamily(
    registry,
    { name: 'mcp_memory_usage_bytes', help: 'Memory of this process by type.', labels: ['type'] },
    memory,
  );
  const meter = new CpuMeter(source);
  gaugeFamily(
    registry,
    {
      name: 'mcp_cpu_usage_percent',
      help: 'Busy share of each core of the machine; core="process": this process, 100 is one core.',
      labels: ['core'],
    },
    () => meter.read(),
  );
}

function memory(): Reading<'type'>[] {
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  return [
    [{ type: 'rss' }, rss],
    [{ type: 'heap_used' }, heapUsed],
    [{ type: 'heap_total' }, heapTotal],
    [{ type: 'external' }, external],
    [{ type: 'array_buffers' }, arrayBuffers],
  ];
}

interface Snapshot {
  readonly at: number;
  readonly usedMs: number;
  readonly cores: readonly { busy: number; all: number }[];
}

/** Processor shares between two readings. */
export class CpuMeter {
  /** The system counts in ticks of 10 ms: over less than a second a share would be off by more than a percent. */
  private static readonly MIN_WINDOW_MS = 1_000;

  private last: Snapshot;
  private shares: Reading<'core'>[] = [];

  constructor(private readonly source: ProcessSource) {
    this.last = this.snapshot();
  }

  /** Percent since the reading before. Nothing at all until the first window has passed. */
  read(): readonly Reading<'core'>[] {
    if (this.source.clock.monotonic() - this.last.at < CpuMeter.MIN_WINDOW_MS) return this.shares;
    const { last } = this;
    const now = this.snapshot();
    this.last = now;
    const process: Reading<'core'> = [{ core: 'process' }, percent(now.usedMs - last.usedMs, now.at - last.at)];
    this.shares = [
      ...now.cores.map(({ busy, all }, index): Reading<'core'> => {
        const before = last.cores[index] ?? { busy: 0, all: 0 };
        return [{ core: String(index) }, percent(busy - before.busy, all - before.all)];
      }),
      process,
    ];
    return this.shares;
  }

  private snapshot(): Snapshot {
    const { user, system } = this.source.used();
    const cores = this.source.cores().map(({ times }) => {
      const all = Object.values(times).reduce((sum, time) => sum + time, 0);
      return { busy: all - times.idle, all };
    });
    return { at: this.source.clock.monotonic(), usedMs: (user + system) / 1_000, cores };
  }
}

function percent(part: number, whole: number): number {
  return whole > 0 ? (100 * part) / whole : 0;
}
