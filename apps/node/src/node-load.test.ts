import { nodeStatus } from '@mcp-cluster/cluster';
import { VirtualClock } from '@mcp-cluster/testkit';
import { expect, it } from 'vitest';
import { NodeLoad } from './node-load.js';

function fixture() {
  const clock = new VirtualClock();
  const load = new NodeLoad({
    clock,
    process: () => ({ cpuPercent: 40, memoryPercent: 20, eventLoopPercent: 35, eventLoopLagMs: 2 }),
    queue: () => 7,
  });
  const ended = (ms: number, method = 'tools/call'): void => {
    load.observe({ request: { kind: 'request', id: 1, method, params: {} }, startedAt: clock.monotonic() - ms });
  };
  return { clock, load, ended };
}

it('P16: tells the mean and the 95th percentile of the answers, and what the process says', () => {
  const { load, ended } = fixture();
  for (let call = 0; call < 95; call += 1) ended(10);
  for (let call = 0; call < 5; call += 1) ended(1_000);
  const read = load.read();
  expect(read).toMatchObject({ calls: 100, responseMs: 59.5, cpuPercent: 40, eventLoopLagMs: 2, queue: 7 });
  expect(read.responseP95Ms).toBeGreaterThanOrEqual(10);
  expect(read.responseP95Ms).toBeLessThanOrEqual(12);
  ended(1_000);
  expect(load.read().responseP95Ms).toBeGreaterThanOrEqual(1_000);
});

it('P16: forgets what is older than ten seconds, second by second', async () => {
  const { clock, load, ended } = fixture();
  ended(100);
  await clock.advance(5_000);
  ended(300);
  expect(load.read()).toMatchObject({ calls: 2, responseMs: 200 });
  await clock.advance(6_000);
  expect(load.read()).toMatchObject({ calls: 1, responseMs: 300 });
  await clock.advance(5_000);
  expect(load.read()).toMatchObject({ calls: 0, responseMs: 0, responseP95Ms: 0 });
  // The slices are used again, and what was in them is gone.
  ended(50);
  expect(load.read()).toMatchObject({ calls: 1, responseMs: 50 });
});

it('P16: an hour of listening is no response time', () => {
  const { load, ended } = fixture();
  ended(3_600_000, 'subscriptions/listen');
  expect(load.read().calls).toBe(0);
  ended(3_600_000);
  expect(load.read()).toMatchObject({ calls: 1, responseMs: 3_600_000 });
});

it('P16: is a load as the schema between node and manager has it', () => {
  const { load, ended } = fixture();
  ended(0.3);
  const status = { id: 'n', version: '0', state: 'ready', inFlight: 0, sessions: 0, streams: 0, mcpPort: 1 };
  expect(nodeStatus.parse({ ...status, load: load.read() }).load).toEqual(load.read());
});
