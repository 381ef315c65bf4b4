import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedMap } from './bounded-map.js';

describe('BoundedMap', () => {
  it('drops the least recently set entry beyond its capacity and says which', () => {
    const dropped: [string, number][] = [];
    const map = new BoundedMap<string, number>(2, (key, value) => dropped.push([key, value]));
    map.set('a', 1);
    map.set('b', 2);
    map.set('c', 3);
    expect([...map]).toEqual([
      ['b', 2],
      ['c', 3],
    ]);
    expect(dropped).toEqual([['a', 1]]);
  });

  it('keeps what was read or set again', () => {
    const map = new BoundedMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    expect(map.get('a')).toBe(1);
    map.set('c', 3);
    expect(map.has('a')).toBe(true);
    expect(map.has('b')).toBe(false);
    map.set('a', 10);
    map.set('d', 4);
    expect([...map.values()]).toEqual([10, 4]);
  });

  it('looking with has() keeps nothing alive', () => {
    const map = new BoundedMap<string, number>(1);
    map.set('a', 1);
    map.has('a');
    map.set('b', 2);
    expect(map.has('a')).toBe(false);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a capacity of %s', (capacity) => {
    expect(() => new BoundedMap(capacity)).toThrow(`got ${String(capacity)}`);
  });

  it('holds the same as a list of the latest keys, whatever is done to it', () => {
    const step = fc.record({ set: fc.boolean(), key: fc.integer({ min: 0, max: 9 }) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), (capacity, steps) => {
        const map = new BoundedMap<number, number>(capacity);
        let model: number[] = [];
        for (const { set, key } of steps) {
          const held = model.includes(key);
          if (set) map.set(key, key);
          else expect(map.get(key)).toBe(held ? key : undefined);
          if (set || held) model = [...model.filter((other) => other !== key), key].slice(-capacity);
          expect([...map.values()]).toEqual(model);
        }
      }),
    );
  });
});
