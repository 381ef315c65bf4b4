import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KnownSchema } from './known-schema.js';
import { deserialise, serialise } from './serialiser.js';

/** As a reader of another process would have it: the bytes and nothing beside them. */
function again(value: unknown, schema?: KnownSchema<object>): unknown {
  const { format, bytes } = serialise(value, schema);
  return deserialise(format, Buffer.from(bytes));
}

const formatOf = (value: unknown): string => serialise(value).format;

/** Mostly what MessagePack has too; a few have not, and is refused where JSON will not do either. */
const text = fc.oneof(
  { weight: 400, arbitrary: fc.string({ unit: 'grapheme' }) },
  { weight: 20, arbitrary: fc.constantFrom('\u{1f600}', 'ä'.repeat(300), 'x'.repeat(70_000)) },
  { weight: 1, arbitrary: fc.constantFrom('\ufeffmark', '\ud800', 'a\udc00b') },
);
const name = fc.oneof(
  {
    weight: 400,
    arbitrary: fc.oneof(text, fc.constantFrom('constructor', 'toJSON', 'hasOwnProperty', 'length', 'then', '')),
  },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', '__keys__') },
);
const typed = fc.oneof(
  fc.uint8Array(),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.int16Array(),
  fc.uint8Array().map((bytes) => bytes.buffer),
);
const simple = fc.oneof(
  ...[
    text,
    fc.boolean(),
    fc.constant(null),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    fc.maxSafeInteger(),
  ],
);
const rich = fc.oneof(
  ...[
    simple,
    fc.constantFrom(undefined, NaN, Infinity, -Infinity),
    fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
    fc.date(),
    typed,
  ],
  fc.constantFrom(/a+b/giu, /[\p{L}--[a-z]]/v, /\//y, new RegExp('')),
);

const nested = fc.letrec<{ value: unknown; json: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    simple,
    fc.array(tie('json')),
    fc.dictionary(name, tie('json'), { noNullPrototype: true }),
  ),
  value: fc.oneof(
    ...[{ depthSize: 'small' } as const, rich, fc.array(tie('value'))],
    fc.dictionary(name, tie('value'), { noNullPrototype: true }),
    fc.array(fc.tuple(tie('value'), tie('value'))).map((entries) => new Map(entries)),
    fc.array(tie('value')).map((members) => new Set(members)),
  ),
}));

/** Vitest's equality takes a member named `constructor` for the class, and is slow on Maps. */
function expectSame(back: unknown, value: unknown): void {
  if (!isDeepStrictEqual(back, value)) expect(back).toStrictEqual(value);
  expect(isDeepStrictEqual(back, value)).toBe(true);
}

describe('P11: values come back as they were', () => {
  it('all that JSON has, whatever the size', () => {
    fc.assert(
      fc.property(nested.json, (value) => {
        expectSame(again(value), value);
      }),
      { numRuns: 500 },
    );
  });

  it('what JSON does not have too, or else it is refused', () => {
    let refused = 0;
    let kept = 0;
    fc.assert(
      fc.property(nested.value, (value) => {
        try {
          serialise(value);
        } catch (error) {
          refused += 1;
          expect(error).toMatchObject({ name: 'LocalError', code: 'cache_unserialisable' });
          return;
        }
        kept += 1;
        expectSame(again(value), value);
      }),
      { numRuns: 400 },
    );
    expect(kept).toBeGreaterThan(refused);
  });

  it('objects that occur twice, in themselves and in each other', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('object', 'list', 'map', 'set', 'date'), { minLength: 1, maxLength: 90 }),
        fc.infiniteStream(fc.nat()),
        (kinds, draws) => {
          const nodes = kinds.map((kind, at) => node(kind, at));
          for (const from of nodes)
            for (let edge = draws.next().value % 4; edge > 0; edge -= 1)
              link(from, nodes[draws.next().value % nodes.length]!);
          const back = again(nodes);
          expect(shape(back)).toEqual(shape(nodes));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('circular references, Date and RegExp survive', () => {
    const value: Record<string, unknown> = {
      at: new Date(1_700_000_000_123),
      match: /a(?<name>b)/dgi,
      none: undefined,
    };
    value['self'] = value;
    value['list'] = [value, new Map([[value, new Set([value])]])];
    const back = again(value) as typeof value;
    expect(back['self']).toBe(back);
    const [inList, map] = back['list'] as [unknown, Map<unknown, Set<unknown>>];
    expect(inList).toBe(back);
    expect([...map.entries()].map(([key, set]) => [key === back, set.has(back)])).toEqual([[true, true]]);
    expect(back['at']).toEqual(new Date(1_700_000_000_123));
    expect(back['match']).toEqual(/a(?<name>b)/dgi);
    expect(Object.hasOwn(back, 'none')).toBe(true);
  });

  it('no state of one value is in another: the same bytes whatever was written before', () => {
    const records = (from: number): object[] =>
      Array.from({ length: 150 }, (_, at) => ({
        [`a${String(from + at)}`]: at,
        more: { [`b${String(at)}`]: 'x'.repeat(20) },
      }));
    const first = Buffer.from(serialise(records(0)).bytes);
    for (let from = 1; from < 40; from += 1) expect(again(records(from))).toEqual(records(from));
    expect(() => serialise([...records(7), () => 1])).toThrow('a function');
    expect(Buffer.from(serialise(records(0)).bytes)).toEqual(first);
    expect(again([...records(0), ...records(0)])).toEqual([...records(0), ...records(0)]);
  });

  it('more shapes than there are numbers for, with and without repeated objects', () => {
    const shapes = Array.from({ length: 100 }, (_, at) => ({ [`m${String(at)}`]: 'text', n: at }));
    const copies = structuredClone([shapes, shapes.map((shape) => ({ ...shape }))]);
    expect(again(copies)).toEqual(copies);
    const repeated = [...copies, copies[0]];
    const back = again(repeated) as unknown[];
    expect(back).toEqual(repeated);
    expect(back[2]).toBe(back[0]);
  });

  it('members that would reach a prototype stay members', () => {
    const hostile = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') as object;
    const large = { ...JSON.parse('{"filler":[]}'), filler: 'x'.repeat(20_000) } as Record<string, unknown>;
    Object.defineProperty(large, '__proto__', {
      value: { polluted: 1 },
      enumerable: true,
      writable: true,
      configurable: true,
    });
    for (const value of [hostile, large]) {
      const back = again(value) as object;
      expect(Object.getOwnPropertyNames(back)).toEqual(Object.getOwnPropertyNames(value));
      expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
      expect(JSON.stringify(back)).toBe(JSON.stringify(value));
    }
    Object.defineProperty(large, 'at', { value: new Date(0), enumerable: true });
    expect(() => serialise(large)).toThrow('no format');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('nothing of a value lies in the bytes that it was read from', () => {
    const { format, bytes } = serialise({ buffer: Buffer.from('bytes'), array: new Uint8Array([1, 2]) });
    const own = Buffer.from(bytes);
    const back = deserialise(format, own);
    own.fill(0);
    expect(back).toEqual({ buffer: Buffer.from('bytes'), array: new Uint8Array([1, 2]) });
  });
});

describe('P11: which format', () => {
  it.each([
    ['a text', 'text', 'text'],
    ['half a surrogate pair', '\ud800', 'json'],
    ['a small object', { a: [1, 'x', null, true] }, 'json'],
    ['an object of 3 KB', { rows: Array.from({ length: 100 }, (_, id) => ({ id, name: 'row' })) }, 'json'],
    ['a large object', { rows: Array.from({ length: 500 }, (_, id) => ({ id, name: 'row' })) }, 'messagepack'],
    ['a large object with half a surrogate pair', { a: `${'x'.repeat(20_000)}\udfff` }, 'json'],
    ['a large object with a byte order mark', { a: `\ufeff${'x'.repeat(20_000)}` }, 'json'],
    ['bytes', Buffer.from([1, 2, 3]), 'messagepack'],
    ['a small object with bytes', { a: new Uint8Array(2) }, 'messagepack'],
    ['an undefined member', { a: undefined }, 'messagepack'],
    ['a date', new Date(0), 'messagepack'],
    ['no number', { a: NaN }, 'messagepack'],
    ['nothing', undefined, 'messagepack'],
  ])('%s', (_name, value, format) => {
    expect(formatOf(value)).toBe(format);
    expect(again(value)).toStrictEqual(value);
  });

  it('an object that occurs often is written once, and not once for each way to it', () => {
    let value: unknown = 'leaf';
    for (let level = 0; level < 60; level += 1) value = [value, value];
    expect(serialise(value).bytes.length).toBeLessThan(2_000);
  });

  it.each([
    ['a function', { call: () => 1 }],
    ['a symbol', [Symbol('s')]],
    ['an instance', new URL('http://localhost')],
    ['an error', new Error('none is kept')],
    ['a subclass', new (class extends Map {})()],
    ['what is nested too deep', Array.from({ length: 300 }).reduce<unknown>((inner) => [inner], 1)],
    ['a huge text', 'x'.repeat(8 * 1024 * 1024 + 1)],
    ['a huge list', new Array(1e9)],
    ['a text that is too large in UTF-8', 'ä'.repeat(5 * 1024 * 1024)],
    ['a huge integer', 2n ** 9_000n],
    ['too many objects', Array.from({ length: 100_001 }, () => ({}))],
  ])('%s is refused', (_name, value) => {
    expect(() => serialise(value)).toThrow(expect.objectContaining({ code: 'cache_unserialisable' }));
  });
});

type Node = Record<string, unknown> | unknown[] | Map<unknown, unknown> | Set<unknown> | Date;

function node(kind: string, at: number): Node {
  if (kind === 'object') return { [`name${String(at % 7)}`]: at };
  if (kind === 'list') return [at];
  if (kind === 'map') return new Map<unknown, unknown>([['at', at]]);
  return kind === 'set' ? new Set<unknown>([at]) : new Date(at);
}

function link(from: Node, to: Node): void {
  if (Array.isArray(from)) from.push(to);
  else if (from instanceof Map) from.set(to, from.size % 2 === 0 ? to : from.size);
  else if (from instanceof Set) from.add(to);
  else if (!(from instanceof Date)) from[`to${String(Object.keys(from).length)}`] = to;
}

/** The graph as a list without cycles: every object by the number at which it was first met. */
function shape(root: unknown): unknown[] {
  const numbers = new Map<unknown, number>();
  const found: unknown[] = [];
  const visit = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const known = numbers.get(value);
    if (known !== undefined) return `#${String(known)}`;
    const number = numbers.size;
    numbers.set(value, number);
    const kind = value.constructor.name;
    const members =
      value instanceof Map || value instanceof Set || Array.isArray(value)
        ? [...(value as Iterable<unknown>)]
        : Object.entries(value);
    const parts = members.map((member) =>
      value instanceof Map || (!Array.isArray(value) && !(value instanceof Set))
        ? (member as unknown[]).map(visit)
        : visit(member),
    );
    found.push([number, kind, value instanceof Date ? value.getTime() : parts]);
    return `#${String(number)}`;
  };
  visit(root);
  return found;
}
