import { describe, expect, it } from 'vitest';
import type { DoorRun } from '../harness/measure-door.ts';
import { doorMarkdown, doorReport } from './door-report.ts';

const context = {
  takenAt: '2026-11-21T00:00:00.000Z',
  machine: { cpu: 'a cpu', cores: 2, memoryMiB: 4096, kernel: '6', node: 'v26' },
  settings: { seconds: 10, warmup: 20, repeats: 1, connections: 50, rate: 1000 },
};

const RUN: DoorRun = {
  fixedP50Ms: 0.5,
  fixedP99Ms: 2,
  generatorLateP50Ms: 0.1,
  proxyCoreShare: 0.2,
  loadCoreShare: 0.3,
  fixedProxyCpuMicros: 100,
  requestsPerSecond: 5000,
  p50Ms: 5,
  p99Ms: 9,
  proxyCpuMicros: 60,
  proxyRssMiB: 100,
};

function path(name: string, ...changes: Partial<DoorRun>[]) {
  return { name, title: name, runs: changes.map((change) => ({ ...RUN, ...change })) };
}

function reach(report: ReturnType<typeof doorReport>, part: string) {
  return report.reaches.find(({ says }) => says.includes(part));
}

describe('the report of the door benchmark', () => {
  it('subtracts the direct way from the way through the manager', () => {
    const direct = path('direct', { fixedP50Ms: 0.5 }, { fixedP50Ms: 0.4 }, { fixedP50Ms: 0.6 });
    const through = path('manager', { fixedP50Ms: 1.4 }, { fixedP50Ms: 1.6 }, { fixedP50Ms: 1.5 });
    const added = reach(doorReport([direct, through], [], context), 'adds at the fixed rate');
    expect(added?.value.median).toBeCloseTo(1);
    expect(added?.value.min).toBeCloseTo(0.9);
    expect(added?.value.max).toBeCloseTo(1.2);
  });

  it('takes 1 ms added as too much and three times the CPU as just enough', () => {
    const paths = [
      path('direct', { fixedP50Ms: 0 }),
      path('manager', { fixedP50Ms: 1, proxyCpuMicros: 60 }),
      path('haproxy', { proxyCpuMicros: 20 }),
    ];
    const report = doorReport(paths, [], context);
    expect(reach(report, 'adds')?.reached).toBe(false);
    expect(report.reaches.filter(({ says }) => says.includes('HAProxy')).map(({ reached }) => reached)).toEqual([
      true, // at most 3 times
      false, // the goal of 2.5 times
      true, // at the fixed rate both used the same
    ]);
  });

  it('lets one run with a core over half spoil the condition', () => {
    const report = doorReport([path('direct', {}, { loadCoreShare: 0.51 })], [], context);
    expect(reach(report, 'busier core')).toMatchObject({ reached: false, value: { max: 0.51 } });
    expect(doorMarkdown(report)).toContain('**no**');
  });
});
