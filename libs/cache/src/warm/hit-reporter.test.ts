import { Background, seededRng } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { expect, it } from 'vitest';
import { HitReporter, MAX_REPORTED, REPORT_JITTER, REPORT_MS } from './hit-reporter.js';

type Hits = { id: string; hits: number }[];

function setUp(seed = 1) {
  const clock = new VirtualClock();
  const reports: Hits[] = [];
  const times: number[] = [];
  const shared = {
    available: true,
    works: true,
    reportHits: (hits: readonly { id: string; hits: number }[]) => {
      times.push(clock.monotonic());
      if (!shared.works) return Promise.reject(new Error('away'));
      reports.push([...hits]);
      return Promise.resolve();
    },
  };
  const stack = {
    hits: [] as Hits,
    takeHits: () => {
      const taken = stack.hits;
      stack.hits = [];
      return taken;
    },
  };
  const background = new Background((_, error) => {
    throw error;
  });
  const reporter = new HitReporter({ shared, stack, clock, rng: seededRng(seed), background });
  return { clock, reports, times, shared, stack, reporter };
}

const LONGEST = REPORT_MS * (1 + REPORT_JITTER);

it('P07: tells the 200 most hit keys about every ten seconds, the most hit first', async () => {
  const { clock, reports, stack, reporter } = setUp();
  reporter.start();
  stack.hits = Array.from({ length: 300 }, (_, id) => ({ id: String(id), hits: id }));
  await clock.advance(LONGEST);
  expect(reports).toHaveLength(1);
  expect(reports[0]).toHaveLength(MAX_REPORTED);
  expect(reports[0]?.[0]).toEqual({ id: '299', hits: 299 });
  await clock.advance(LONGEST);
  expect(reports).toHaveLength(1); // nothing was hit
  reporter.stop();
  expect(clock.pending).toBe(0);
});

it('P07: nodes that start together do not report together', async () => {
  const firsts = await Promise.all(
    [1, 2, 3].map(async (seed) => {
      const { clock, times, stack, reporter } = setUp(seed);
      const start = clock.monotonic();
      reporter.start();
      stack.hits = [{ id: 'a', hits: 1 }];
      await clock.advance(LONGEST);
      return (times[0] ?? 0) - start;
    }),
  );
  expect(new Set(firsts).size).toBe(3);
  for (const first of firsts) expect(Math.abs(first - REPORT_MS)).toBeLessThanOrEqual(REPORT_MS * REPORT_JITTER);
});

it('P07: leaves the shared level alone while it is away, tells it later, and goes on after a failure', async () => {
  const { clock, reports, times, shared, stack, reporter } = setUp();
  reporter.start();
  shared.available = false;
  stack.hits = [{ id: 'a', hits: 1 }];
  await clock.advance(3 * LONGEST);
  expect(times).toEqual([]);
  shared.available = true;
  shared.works = false;
  await clock.advance(LONGEST);
  expect(reporter.failed).toBe(1);
  shared.works = true;
  stack.hits = [{ id: 'b', hits: 1 }];
  await clock.advance(LONGEST);
  expect(reports).toEqual([[{ id: 'b', hits: 1 }]]);
});
