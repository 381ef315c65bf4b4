import { ToolError } from '@mcp-cluster/tools';
import { RecordingContext } from '@mcp-cluster/tools/testing';
import { VirtualClock } from '@mcp-cluster/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StageFailure, StageRunner, STAGES, type Advance } from './stage-runner.js';

function make() {
  const context = new RecordingContext();
  const clock = new VirtualClock();
  return { context, clock, runner: new StageRunner(context, clock) };
}

const nothing = () => Promise.resolve({ value: undefined, detail: 'done' });

describe('StageRunner', () => {
  it('S09: gives each stage its weight; the weights are 100', () => {
    expect(STAGES.map(({ name, weight }) => `${name} ${String(weight)}`)).toEqual([
      'fetch 10',
      'validate 5',
      'transform 40',
      'aggregate 30',
      'report 15',
    ]);
  });

  it('S09: makes one progress of the shares: rising, of 100, 100 at the end and not before', async () => {
    const share = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.999_999_999, 1));
    const shares = fc.array(fc.array(share, { maxLength: 10 }), { minLength: STAGES.length, maxLength: STAGES.length });
    await fc.assert(
      fc.asyncProperty(shares, async (all) => {
        const { context, runner } = make();
        for (const [index, { name }] of STAGES.entries()) {
          await runner.run(name, async (advance) => {
            for (const part of all[index] ?? []) await advance(part, 'working');
            return { value: undefined, detail: 'done' };
          });
        }
        const done = context.reports.map(({ progress }) => progress);
        expect(done.every((value, index) => value > (done[index - 1] ?? 0))).toBe(true);
        expect(done.indexOf(100)).toBe(done.length - 1);
        expect(context.reports.every(({ total, message = '' }) => total === 100 && /^\w+: \w/.test(message))).toBe(
          true,
        );
        expect(done).toEqual(expect.arrayContaining([10, 15, 55, 85, 100]));
      }),
    );
  });

  it('S09: counts half a stage as half its weight', async () => {
    const { context, runner } = make();
    await runner.run('fetch', nothing);
    await runner.run('validate', nothing);
    await runner.run('transform', async (advance) => {
      await advance(0.5, '1000 of 2000 rows');
      return { value: undefined, detail: 'all rows' };
    });
    expect(context.reports.slice(2)).toEqual([
      { progress: 35, total: 100, message: 'transform: 1000 of 2000 rows' },
      { progress: 55, total: 100, message: 'transform: all rows' },
    ]);
  });

  it('S09: times the stages, names the one that failed and skips the others', async () => {
    const { clock, runner } = make();
    await runner.run('fetch', async () => {
      await clock.advance(12.5);
      return nothing();
    });
    const failing = runner.run('validate', async () => {
      await clock.advance(3);
      throw new ToolError('input: expected rows, got none');
    });
    await expect(failing).rejects.toThrow(
      new StageFailure('validate', new ToolError('input: expected rows, got none')),
    );
    const skipped = { status: 'skipped', durationMs: 0, detail: 'not run, because validate failed' };
    expect(runner.reports).toEqual([
      { name: 'fetch', weight: 10, status: 'completed', durationMs: 12.5, detail: 'done' },
      { name: 'validate', weight: 5, status: 'failed', durationMs: 3, detail: 'input: expected rows, got none' },
      { name: 'transform', weight: 40, ...skipped },
      { name: 'aggregate', weight: 30, ...skipped },
      { name: 'report', weight: 15, ...skipped },
    ]);
  });

  it('S16: lets a cancellation through, as everything that is no fault of the input', async () => {
    const { context, runner } = make();
    context.onBreathe = () => {
      context.cancel();
    };
    const work = async (advance: Advance) => {
      await advance(0.1, 'working');
      return nothing();
    };
    await expect(runner.run('fetch', work)).rejects.toThrow('cancelled by the test');
    await expect(runner.run('report', nothing)).rejects.toThrow('expected stage validate, got report');
  });
});
