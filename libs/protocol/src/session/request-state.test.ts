import { seededRng } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../exchange/context.js';
import { REQUEST_STATE_LIFE_MS, RequestStates, stableJson } from './request-state.js';
import { ClusterKey } from './seal.js';

const PARAMS = { name: 'book', arguments: { from: 'A', to: 'B' } };

function states() {
  const clock = new VirtualClock();
  const made = new RequestStates(ClusterKey.from('a key of thirty-two bytes or more'), clock, seededRng(1));
  return { clock, states: made, close: (answers = {}) => made.close('tools/call', PARAMS, ANONYMOUS, answers) };
}

describe('a request state', () => {
  it('gives back the answers that were put into it, once', () => {
    const { states: made, close } = states();
    const answers = { q: { action: 'accept', content: { word: 'ü' } } };
    const state = close(answers);
    expect(made.take('tools/call', PARAMS, ANONYMOUS, state).answers).toEqual(answers);
    expect(() => made.take('tools/call', PARAMS, ANONYMOUS, state)).toThrow('used already');
  });

  it('may come once more after its release', () => {
    const { states: made, close } = states();
    const state = close();
    made.release(made.take('tools/call', PARAMS, ANONYMOUS, state).mark);
    expect(() => made.take('tools/call', PARAMS, ANONYMOUS, state)).not.toThrow();
    expect(() => made.take('tools/call', PARAMS, ANONYMOUS, state)).toThrow('used already');
  });

  it('two of the same request are two', () => {
    const { states: made, close } = states();
    const [one, two] = [close(), close()];
    expect(one).not.toBe(two);
    made.take('tools/call', PARAMS, ANONYMOUS, one);
    expect(() => made.take('tools/call', PARAMS, ANONYMOUS, two)).not.toThrow();
  });

  it('expires after 10 min', async () => {
    const { clock, states: made, close } = states();
    const state = close();
    await clock.advance(REQUEST_STATE_LIFE_MS - 1);
    made.release(made.take('tools/call', PARAMS, ANONYMOUS, state).mark);
    await clock.advance(1);
    expect(() => made.take('tools/call', PARAMS, ANONYMOUS, state)).toThrow('expired');
  });

  it.each([
    ['method', 'prompts/get', PARAMS, ANONYMOUS],
    ['tool', 'tools/call', { ...PARAMS, name: 'cancel' }, ANONYMOUS],
    ['argument', 'tools/call', { ...PARAMS, arguments: { from: 'A', to: 'C' } }, ANONYMOUS],
    ['missing arguments', 'tools/call', { name: 'book' }, ANONYMOUS],
    ['subject', 'tools/call', PARAMS, { issuer: '', subject: 'eve' }],
    ['issuer', 'tools/call', PARAMS, { issuer: 'https://evil', subject: 'anonymous' }],
  ])('is refused for another request: %s', (_what, method, params, principal) => {
    const { states: made, close } = states();
    const state = close();
    expect(() => made.take(method, params, principal, state)).toThrow('made for another request');
    expect(() => made.take('tools/call', PARAMS, ANONYMOUS, state)).not.toThrow();
  });

  it('with one bit flipped is refused', () => {
    const { states: made, close } = states();
    const bytes = Buffer.from(close({ q: 1 }), 'base64url');
    fc.assert(
      fc.property(fc.nat({ max: bytes.length * 8 - 1 }), (bit) => {
        const altered = Buffer.from(bytes);
        altered[bit >> 3]! ^= 1 << (bit & 7);
        const open = (): unknown => made.take('tools/call', PARAMS, ANONYMOUS, altered.toString('base64url'));
        expect(open).toThrow('not one that this server made');
      }),
      { numRuns: 300 },
    );
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
