import { Background, LocalError, seededRng } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../exchange/context.js';
import { MemoryMarkStore, type MarkHolder, type MarkStore } from './mark-store.js';
import { REQUEST_STATE_LIFE_MS, RequestStates, stableJson } from './request-state.js';
import { ClusterKey } from './seal.js';

const ONCE = { holder: 'request-1', again: false };
const PARAMS = { name: 'book', arguments: { from: 'A', to: 'B' } };

function states(marks?: MarkStore) {
  const clock = new VirtualClock();
  const failures: Error[] = [];
  const background = new Background((_name, error) => failures.push(error));
  const key = ClusterKey.from('a key of thirty-two bytes or more');
  let seeds = 0;
  const node = () => new RequestStates(key, clock, seededRng((seeds += 1)), marks && { store: marks, background });
  const made = node();
  const close = (answers = {}) => made.close('tools/call', PARAMS, ANONYMOUS, answers);
  const take = (state: string, by = ONCE, at = made) => at.take('tools/call', PARAMS, ANONYMOUS, state, by);
  return { clock, states: made, node, close, take, failures };
}

describe('a request state', () => {
  it('gives back the answers that were put into it, once', async () => {
    const { close, take } = states();
    const answers = { q: { action: 'accept', content: { word: 'ü' } } };
    const state = close(answers);
    expect((await take(state)).answers).toEqual(answers);
    await expect(take(state)).rejects.toThrow('used already');
  });

  it('may come once more after its release', async () => {
    const { states: made, close, take } = states();
    const state = close();
    made.release((await take(state)).mark);
    await take(state);
    await expect(take(state)).rejects.toThrow('used already');
  });

  it('S5: may come again with the same call on a second node, when a manager says so', async () => {
    const { close, take } = states();
    const state = close();
    await take(state);
    await expect(take(state, { holder: 'request-2', again: true })).rejects.toThrow('used already');
    await take(state, { ...ONCE, again: true });
  });

  it('two of the same request are two', async () => {
    const { close, take } = states();
    const [one, two] = [close(), close()];
    expect(one).not.toBe(two);
    await take(one);
    await take(two);
  });

  it('expires after 10 min', async () => {
    const { clock, states: made, close, take } = states();
    const state = close();
    await clock.advance(REQUEST_STATE_LIFE_MS - 1);
    made.release((await take(state)).mark);
    await clock.advance(1);
    await expect(take(state)).rejects.toThrow('expired');
  });

  it.each([
    ['method', 'prompts/get', PARAMS, ANONYMOUS],
    ['tool', 'tools/call', { ...PARAMS, name: 'cancel' }, ANONYMOUS],
    ['argument', 'tools/call', { ...PARAMS, arguments: { from: 'A', to: 'C' } }, ANONYMOUS],
    ['missing arguments', 'tools/call', { name: 'book' }, ANONYMOUS],
    ['subject', 'tools/call', PARAMS, { issuer: '', subject: 'eve' }],
    ['issuer', 'tools/call', PARAMS, { issuer: 'https://evil', subject: 'anonymous' }],
  ])('is refused for another request: %s', async (_what, method, params, principal) => {
    const { states: made, close, take } = states();
    const state = close();
    await expect(made.take(method, params, principal, state, ONCE)).rejects.toThrow('made for another request');
    await take(state);
  });

  it('with one bit flipped is refused', async () => {
    const { close, take } = states();
    const bytes = Buffer.from(close({ q: 1 }), 'base64url');
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: bytes.length * 8 - 1 }), async (bit) => {
        const altered = Buffer.from(bytes);
        altered[bit >> 3]! ^= 1 << (bit & 7);
        await expect(take(altered.toString('base64url'))).rejects.toThrow('not one that this server made');
      }),
      { numRuns: 300 },
    );
  });
});

/** Marks of all nodes that can be away, and whose answers can wait. */
class TestMarks implements MarkStore {
  away = false;
  releasing: Promise<void> = Promise.resolve();
  private readonly taken = new MemoryMarkStore(new VirtualClock());

  take(mark: string, lifeMs: number, by: MarkHolder): Promise<boolean> {
    return this.away ? Promise.reject(this.error()) : this.taken.take(mark, lifeMs, by);
  }
  async release(mark: string): Promise<void> {
    await this.releasing;
    if (this.away) throw this.error();
    await this.taken.release(mark);
  }
  private error(): Error {
    return new LocalError('store_unavailable', 'away');
  }
}

describe('a request state in a cluster', () => {
  it('S5: is used once in all of it, whichever node made it', async () => {
    const { node, close, take } = states(new TestMarks());
    const [state, other] = [close(), node()];
    await take(state, ONCE, other);
    await expect(take(state)).rejects.toThrow('used already');
    await expect(take(state, ONCE, node())).rejects.toThrow('used already');
    await take(state, { ...ONCE, again: true }, node());
  });

  it('S5: may come once more, to any node, when the call broke', async () => {
    const { states: made, node, close, take } = states(new TestMarks());
    const state = close();
    made.release((await take(state)).mark);
    await take(state, ONCE, node());
    await expect(take(state)).rejects.toThrow('used already');
  });

  it('S5: that is given back and comes at once waits until all nodes know', async () => {
    const marks = new TestMarks();
    const { states: made, close, take } = states(marks);
    const given = Promise.withResolvers<undefined>();
    marks.releasing = given.promise.then(() => undefined);
    const state = close();
    made.release((await take(state)).mark);
    const again = take(state);
    given.resolve(undefined);
    expect((await again).answers).toEqual({});
  });

  it('experiment 6: is used once a node while the store is away, and nothing fails in the background', async () => {
    const marks = new TestMarks();
    const { states: made, node, close, take, failures } = states(marks);
    marks.away = true;
    const state = close();
    const { mark } = await take(state);
    await expect(take(state)).rejects.toThrow('used already');
    await take(state, ONCE, node());
    made.release(mark);
    await take(state);
    expect(failures).toEqual([]);
  });
});

describe('stableJson', () => {
  it('is the same for the same value, however its keys are ordered', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(stableJson(reversed(value))).toBe(stableJson(value));
      }),
    );
  });

  it('differs where the values differ', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, two) => {
        const same = JSON.stringify(JSON.parse(stableJson(one))) === JSON.stringify(JSON.parse(stableJson(two)));
        expect(stableJson(one) === stableJson(two)).toBe(same);
      }),
    );
    expect(stableJson({ a: [1, 2] })).not.toBe(stableJson({ a: [2, 1] }));
    expect(stableJson({ a: '1' })).not.toBe(stableJson({ a: 1 }));
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}
