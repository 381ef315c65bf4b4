import { VirtualClock } from '@mcp-cluster/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PROGRESS_INTERVAL_MS, Progress, progressMessage } from './progress.js';

interface Params {
  progressToken: string | number;
  progress: number;
  total?: number;
  message: string;
}

function reporter(intervalMs = DEFAULT_PROGRESS_INTERVAL_MS, token: string | number = 'token') {
  const clock = new VirtualClock();
  const sent: Params[] = [];
  const progress = new Progress(intervalMs, clock, (report) => {
    const message = JSON.parse(progressMessage(token, report)) as { jsonrpc: string; method: string; params: Params };
    expect(message).toMatchObject({ jsonrpc: '2.0', method: 'notifications/progress' });
    sent.push(message.params);
  });
  return { clock, sent, progress, values: () => sent.map((params) => params.progress) };
}

describe('what is sent', () => {
  it('S03: carries the token of the request as it came, text or number', () => {
    for (const token of ['abc', '7', 7, 0, '']) {
      const { progress, sent } = reporter(0, token);
      progress.report(1, 2, 'one of two');
      expect(sent).toEqual([{ progressToken: token, progress: 1, total: 2, message: 'one of two' }]);
    }
  });

  it('S03: leaves out a total that is not known', () => {
    const { progress, sent } = reporter();
    progress.report(1, undefined, 'one');
    expect(sent[0]).not.toHaveProperty('total');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'S03: leaves out a total of %s',
    (total) => {
      const { progress, sent } = reporter();
      progress.report(1, total, undefined);
      expect(sent).toEqual([{ progressToken: 'token', progress: 1, message: '1 done' }]);
    },
  );

  it.each([
    [1, 4, undefined, '25 % done'],
    [2, 3, undefined, '66 % done'],
    [5, 4, undefined, '100 % done'],
    [7, undefined, undefined, '7 done'],
    [7, 0, undefined, '7 done'],
    [1, 4, '', '25 % done'],
    [1, 4, 'chunk 1 of 4', 'chunk 1 of 4'],
  ])('S03: %s of %s with the message %j says %j', (done, total, message, said) => {
    const { progress, sent } = reporter();
    progress.report(done, total, message);
    expect(sent.map((params) => params.message)).toEqual([said]);
  });
});

describe('the high-water mark', () => {
  it('S03: begins at what the client has seen of a node that was lost', () => {
    const clock = new VirtualClock();
    const sent: number[] = [];
    const progress = new Progress(0, clock, (report) => sent.push(report.progress), 5);
    for (const value of [1, 4, 5, 5.5, 7]) progress.report(value, undefined, 'm');
    expect(sent).toEqual([5.5, 7]);
  });

  it('S03: a value that is lower or the same is dropped', () => {
    const { progress, values } = reporter(0);
    for (const value of [1, 3, 2, 3, 4, -1, 4.5]) progress.report(value, undefined, 'm');
    expect(values()).toEqual([1, 3, 4, 4.5]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'S03: %s is dropped and spoils nothing',
    (odd) => {
      const { progress, values } = reporter(0);
      progress.report(odd, undefined, 'm');
      progress.report(1, undefined, 'm');
      progress.report(odd, undefined, 'm');
      progress.report(2, undefined, 'm');
      expect(values()).toEqual([1, 2]);
    },
  );

  it('S03: what was dropped does not replace what waits', async () => {
    const { progress, sent, clock } = reporter();
    progress.report(1, 10, 'first');
    progress.report(5, 10, 'waits');
    progress.report(4, 10, 'too low');
    await clock.advance(200);
    expect(sent.map((params) => params.message)).toEqual(['first', 'waits']);
  });
});

describe('the throttle', () => {
  it('S05: sends the first at once, then at most one in 200 ms, the latest of them', async () => {
    const { progress, values, clock } = reporter();
    for (let value = 1; value <= 100; value += 1) {
      progress.report(value, 100, 'm');
      await clock.advance(10);
    }
    // 1,000 ms: at 0, 200, 400, 600, 800 and 1,000.
    expect(values()).toEqual([1, 20, 40, 60, 80, 100]);
  });

  it('S05: sets one timer, however often a tool reports', () => {
    const { progress, clock } = reporter();
    for (let value = 1; value <= 1_000; value += 1) progress.report(value, undefined, 'm');
    expect(clock.pending).toBe(1);
  });

  it('S05: sends at once when the last one is long ago', async () => {
    const { progress, values, clock } = reporter();
    progress.report(1, undefined, 'm');
    await clock.advance(200);
    progress.report(2, undefined, 'm');
    expect(values()).toEqual([1, 2]);
    expect(clock.pending).toBe(0);
  });

  it('S05: another interval holds, and 0 sends each', async () => {
    const slow = reporter(1_000);
    slow.progress.report(1, undefined, 'm');
    slow.progress.report(2, undefined, 'm');
    await slow.clock.advance(999);
    expect(slow.values()).toEqual([1]);
    await slow.clock.advance(1);
    expect(slow.values()).toEqual([1, 2]);
    const each = reporter(0);
    for (let value = 1; value <= 5; value += 1) each.progress.report(value, undefined, 'm');
    expect(each.values()).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('the end', () => {
  it('S06: finish sends what waits, and nothing comes after it', async () => {
    const { progress, values, clock } = reporter();
    progress.report(1, 3, 'm');
    progress.report(2, 3, 'm');
    progress.report(3, 3, 'm');
    progress.finish();
    expect(values()).toEqual([1, 3]);
    progress.report(4, 3, 'm');
    progress.finish();
    await clock.advance(1_000);
    expect(values()).toEqual([1, 3]);
    expect(clock.pending).toBe(0);
  });

  it('S06: stop sends nothing more, not even what waits', async () => {
    const { progress, values, clock } = reporter();
    progress.report(1, 3, 'm');
    progress.report(2, 3, 'm');
    progress.stop();
    await clock.advance(1_000);
    expect(values()).toEqual([1]);
    expect(clock.pending).toBe(0);
  });
});

it('S03, S05, S06: whatever a tool reports, values rise, are at most five a second, and the highest one is the last', async () => {
  const step = fc.record({
    value: fc.oneof(fc.double(), fc.integer({ min: -5, max: 50 })),
    wait: fc.nat({ max: 300 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const { progress, sent, clock } = reporter();
      const start = clock.monotonic();
      for (const { value, wait } of steps) {
        progress.report(value, undefined, 'm');
        await clock.advance(wait);
      }
      expect(sent.length).toBeLessThanOrEqual(1 + (clock.monotonic() - start) / DEFAULT_PROGRESS_INTERVAL_MS);
      progress.finish();
      const values = sent.map((params) => params.progress);
      for (const [index, value] of values.entries()) if (index > 0) expect(value).toBeGreaterThan(values[index - 1]!);
      const finite = steps.map(({ value }) => value).filter(Number.isFinite);
      expect(values.at(-1)).toBe(finite.length === 0 ? undefined : Math.max(...finite) + 0); // JSON has no -0
    }),
    { numRuns: 200 },
  );
});
