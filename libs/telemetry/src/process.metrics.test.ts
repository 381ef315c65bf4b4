import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { VirtualClock } from '@mcp-cluster/testkit';
import { CpuMeter, processFamilies } from './process.metrics.js';

function fakeMachine() {
  const clock = new VirtualClock();
  const times = { user: 1_000, nice: 0, sys: 0, idle: 5_000, irq: 0 };
  const used = { user: 0, system: 0 };
  const source = { clock, cores: () => [{ times: { ...times } }], used: () => ({ ...used }) };
  return { clock, times, used, source };
}

it('P13: processor shares are those since the scrape before', async () => {
  const { clock, times, used, source } = fakeMachine();
  const meter = new CpuMeter(source);
  expect(meter.read()).toEqual([]);

  await clock.advance(2_000);
  times.user += 300;
  times.sys += 200;
  times.idle += 1_500;
  used.user += 200_000;
  used.system += 100_000;
  const shares = [
    [{ core: '0' }, 25],
    [{ core: 'process' }, 15],
  ];
  expect(meter.read()).toEqual(shares);

  // A second scraper, right after the first, sees the same and takes nothing from it.
  await clock.advance(10);
  times.user += 10;
  expect(meter.read()).toEqual(shares);

  await clock.advance(990);
  times.idle += 990;
  expect(meter.read()).toEqual([
    [{ core: '0' }, 1],
    [{ core: 'process' }, 0],
  ]);
});

it('P13: memory, processor, event loop and garbage collection of this process are exported', async () => {
  const { clock, source } = fakeMachine();
  const registry = new Registry();
  processFamilies(registry, source);
  await clock.advance(1_000);
  const text = await registry.metrics();
  for (const type of ['rss', 'heap_used', 'heap_total', 'external', 'array_buffers'])
    expect(text).toMatch(new RegExp(`^mcp_memory_usage_bytes\\{type="${type}"\\} \\d+$`, 'm'));
  expect(text).toContain('mcp_cpu_usage_percent{core="process"} 0\n');
  expect(text).toContain('# TYPE nodejs_eventloop_lag_seconds gauge');
  expect(text).toContain('# TYPE nodejs_gc_duration_seconds histogram');
});
