import { systemClock } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { memoryPercent, usableCores } from './process-limits.js';
import { LOAD_SAMPLE_MS, LOAD_WINDOW_MS, ProcessLoadMeter } from './process-load.js';

function fakeProcess(cores = 1) {
  const clock = new VirtualClock();
  const now = { cpu: 0, active: 0, lag: 0, memory: 12 };
  const meter = new ProcessLoadMeter(clock, {
    cpuMs: () => now.cpu,
    usableCores: cores,
    memoryPercent: () => now.memory,
    activeMs: () => now.active,
    lagMs: () => now.lag,
  });
  /** Seconds with that share of work in each. */
  const work = async (seconds: number, share: number, lag = 0): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      now.cpu += 1_000 * share;
      now.active += 1_000 * share;
      now.lag = lag;
      await clock.advance(LOAD_SAMPLE_MS);
    }
  };
  return { clock, now, meter, work };
}

describe('load of a process', () => {
  it('P16: says nothing before the first second, then what it saw', async () => {
    const { meter, work } = fakeProcess();
    expect(meter.read()).toEqual({ cpuPercent: 0, memoryPercent: 12, eventLoopPercent: 0, eventLoopLagMs: 0 });
    await work(1, 0.5, 30);
    expect(meter.read()).toEqual({ cpuPercent: 50, memoryPercent: 12, eventLoopPercent: 50, eventLoopLagMs: 30 });
  });

  it('P16: looks back ten seconds and no further, however often it is read', async () => {
    const { meter, work } = fakeProcess();
    await work(60, 0);
    await work(5, 1, 400);
    for (let reader = 0; reader < 5; reader += 1)
      expect(meter.read()).toMatchObject({ cpuPercent: 50, eventLoopPercent: 50, eventLoopLagMs: 200 });
    await work(LOAD_WINDOW_MS / LOAD_SAMPLE_MS, 0);
    expect(meter.read()).toMatchObject({ cpuPercent: 0, eventLoopPercent: 0, eventLoopLagMs: 0 });
  });

  it('P16: one pause of the loop in ten seconds is a tenth of the lag', async () => {
    const { meter, work } = fakeProcess();
    await work(9, 0.1);
    await work(1, 1, 300);
    expect(meter.read().eventLoopLagMs).toBe(30);
  });

  it('P16: half a core is all of a limit of half a core', async () => {
    const { meter, work } = fakeProcess(0.5);
    await work(3, 0.5);
    expect(meter.read()).toMatchObject({ cpuPercent: 100, eventLoopPercent: 50 });
  });

  it('holds no more than a window of samples and ends its timer', async () => {
    const { clock, meter, work } = fakeProcess();
    await work(100, 0);
    meter.stop();
    expect(clock.pending).toBe(0);
  });

  it('P16: measures this process', async () => {
    const clock = new VirtualClock();
    const meter = new ProcessLoadMeter(clock);
    const until = systemClock.monotonic() + 50;
    while (systemClock.monotonic() < until);
    await clock.advance(LOAD_SAMPLE_MS);
    const { cpuPercent, memoryPercent: memory } = meter.read();
    meter.stop();
    expect(cpuPercent).toBeGreaterThan(0);
    expect(memory).toBeGreaterThan(0);
    expect(memory).toBeLessThan(100);
  });
});

describe('limits of a process', () => {
  it.each([
    ['cgroup v2, half a core', { '/sys/fs/cgroup/cpu.max': '50000 100000\n' }, 0.5],
    ['cgroup v2, four cores: one thread uses one', { '/sys/fs/cgroup/cpu.max': '400000 100000\n' }, 1],
    ['cgroup v2, none', { '/sys/fs/cgroup/cpu.max': 'max 100000\n' }, 1],
    [
      'cgroup v1, a quarter',
      { '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '25000\n', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n' },
      0.25,
    ],
    [
      'cgroup v1, none',
      { '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n' },
      1,
    ],
    ['no cgroup at all', {}, 1],
  ])('processor: %s', (_what, files: Partial<Record<string, string>>, cores) => {
    expect(usableCores((path) => files[path])).toBe(cores);
  });

  it('memory: the nearer of the limits of the container and of the heap', () => {
    const used = { rss: 300, heapUsed: 100 };
    expect(memoryPercent(used, { container: 400, machine: 1_000, heap: 1_000 })).toBe(75);
    expect(memoryPercent(used, { container: 400, machine: 1_000, heap: 125 })).toBe(80);
    // What the system says where there is no limit.
    expect(memoryPercent(used, { container: 0, machine: 1_000, heap: 1_000 })).toBe(10);
    expect(memoryPercent(used, { container: 2 ** 64, machine: 1_000, heap: 1_000 })).toBe(10);
  });
});
