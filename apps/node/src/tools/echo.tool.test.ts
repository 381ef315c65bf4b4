import { VirtualClock } from '@mcp-cluster/testkit';
import { RecordingContext } from '@mcp-cluster/tools/testing';
import { describe, expect, it } from 'vitest';
import { EchoTool } from './echo.tool.js';

describe('echo', () => {
  it('answers at once, without a promise, when there is no delay', () => {
    const context = new RecordingContext();
    expect(new EchoTool(new VirtualClock()).echo({ text: 'hi', delayMs: 0 }, context)).toBe('hi');
    expect(context.reports).toEqual([]);
  });

  it('S03: reports every 100 ms with a total and a message, and 100 % last', async () => {
    const clock = new VirtualClock();
    const context = new RecordingContext();
    const answer = new EchoTool(clock).echo({ text: 'hi', delayMs: 250 }, context);
    await clock.advance(249);
    expect(context.reports.map(({ progress }) => progress)).toEqual([100, 200]);
    await clock.advance(1);
    expect(await answer).toBe('hi');
    expect(context.reports.at(-1)).toEqual({ progress: 250, total: 250, message: 'waited 250 of 250 ms' });
  });

  it('S16: stops waiting when it is cancelled', async () => {
    const clock = new VirtualClock();
    const context = new RecordingContext();
    const answer = Promise.resolve(new EchoTool(clock).echo({ text: 'hi', delayMs: 60_000 }, context));
    const refused = expect(answer).rejects.toThrow('cancelled by the test');
    await clock.advance(150);
    context.cancel();
    await refused;
    expect(clock.pending).toBe(0);
  });
});
