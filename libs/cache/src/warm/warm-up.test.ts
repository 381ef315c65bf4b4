import { VirtualClock } from '@mcp-cluster/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WARM_UP_CHUNK, WARM_UP_MS, warmUp } from './warm-up.js';

const never = new Promise<never>(() => undefined);

/** A shared level with so many entries of 100 bytes, and a stack that refuses every tenth. */
function setUp(count: number, size = 100) {
  const clock = new VirtualClock();
  const asked: number[] = [];
  const shared = {
    available: true,
    hottest: (most: number): Promise<readonly string[]> =>
      Promise.resolve(Array.from({ length: Math.min(most, count) }, (_, id) => String(id))),
    getMany: (ids: readonly string[]): Promise<readonly Uint8Array[]> => {
      asked.push(ids.length);
      return Promise.resolve(ids.map((id) => new Uint8Array(size).fill(Number(id) % 10)));
    },
  };
  const admitted: Uint8Array[] = [];
  const stack = {
    admit: (bytes: Uint8Array): Promise<boolean> => {
      if (bytes[0] === 9) return Promise.resolve(false);
      admitted.push(bytes);
      return Promise.resolve(true);
    },
  };
  return { clock, shared, stack, asked, admitted, parts: { clock, shared, stack, entries: 1_000, bytes: 1e9 } };
}

describe('P07: warm start', () => {
  it('fills the first level from the hottest keys of the shared one, in chunks', async () => {
    const { parts, asked, admitted } = setUp(120);
    expect(await warmUp(parts)).toEqual({ asked: 120, admitted: 108, ms: 0, ended: 'done' });
    expect(asked).toEqual([WARM_UP_CHUNK, WARM_UP_CHUNK, 20]);
    expect(admitted).toHaveLength(108);
  });

  it('leaves no timer behind', async () => {
    const { parts, clock } = setUp(10);
    await warmUp(parts);
    await clock.advance(0);
    expect(clock.pending).toBe(0);
  });

  it('ends when nothing is hot, and when the level is away or fails, quietly', async () => {
    expect(await warmUp(setUp(0).parts)).toEqual({ asked: 0, admitted: 0, ms: 0, ended: 'empty' });
    const away = setUp(10);
    away.shared.available = false;
    expect((await warmUp(away.parts)).ended).toBe('failed');
    const failing = setUp(100);
    failing.shared.getMany = () => Promise.reject(new Error('gone'));
    expect(await warmUp(failing.parts)).toEqual({ asked: 50, admitted: 0, ms: 0, ended: 'failed' });
    const refusing = setUp(100);
    refusing.stack.admit = () => Promise.reject(new Error('broken'));
    expect((await warmUp(refusing.parts)).ended).toBe('failed');
  });

  it('takes two seconds at most: a level that hangs is left, and what it says later is left alone', async () => {
    const { parts, clock, shared, admitted } = setUp(100);
    let answer: (found: readonly Uint8Array[]) => void = () => undefined;
    shared.getMany = () => new Promise((resolve) => (answer = resolve));
    const warming = warmUp(parts);
    await clock.advance(WARM_UP_MS);
    expect(await warming).toEqual({ asked: 50, admitted: 0, ms: WARM_UP_MS, ended: 'time' });
    answer([new Uint8Array(10)]);
    await clock.advance(1);
    expect(admitted).toEqual([]);
    shared.hottest = () => never;
    const short = warmUp({ ...parts, limitMs: 300 });
    await clock.advance(300);
    expect(await short).toEqual({ asked: 0, admitted: 0, ms: 300, ended: 'time' });
    expect(await warmUp({ ...parts, limitMs: 0 })).toEqual({ asked: 0, admitted: 0, ms: 0, ended: 'time' });
  });

  it('keeps to its time also when nothing ever leaves the event loop', async () => {
    const { parts, clock, stack } = setUp(1_000);
    // The clock moves, but no timer fires.
    let ms = 0;
    const busy = {
      now: () => ms,
      monotonic: () => ms,
      after: () => clock.after(1e9, () => undefined),
      every: clock.every,
    };
    const admit = stack.admit;
    stack.admit = (bytes) => {
      ms += 10;
      return admit(bytes);
    };
    expect(await warmUp({ ...parts, clock: busy })).toMatchObject({ ended: 'time', ms: 2_000, admitted: 180 });
  });

  it('takes no more entries and bytes than it may', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(300), fc.nat(300), fc.nat(30_000), fc.nat(300), async (count, entries, bytes, size) => {
        const { parts, admitted } = setUp(count, size);
        const report = await warmUp({ ...parts, entries, bytes });
        expect(report.asked).toBeLessThanOrEqual(Math.min(entries, count));
        expect(report.admitted).toBe(admitted.length);
        expect(report.admitted).toBeLessThanOrEqual(entries);
        expect(admitted.length * size).toBeLessThanOrEqual(bytes);
      }),
    );
  });
});
