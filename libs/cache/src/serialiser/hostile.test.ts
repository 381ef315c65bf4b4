import fc from 'fast-check';
import { LocalError } from '@mcp-cluster/kernel';
import { describe, expect, it } from 'vitest';
import { deserialise, FORMATS, serialise, type Format } from './serialiser.js';

/** What reading these bytes ends with; anything but a value or a `cache_corrupt` fails the test. */
function outcome(format: Format, bytes: Uint8Array): 'value' | 'corrupt' {
  try {
    deserialise(format, bytes);
    return 'value';
  } catch (error) {
    if (!(error instanceof LocalError)) throw error;
    expect(error.code).toBe('cache_corrupt');
    return 'corrupt';
  }
}

const packed = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

const table = Array.from({ length: 30 }, (_, id) => ({
  id,
  at: new Date(id),
  tags: new Set(['a', id]),
  of: /x/g,
  more: 2n ** 70n,
}));
const real: readonly (readonly [Format, Buffer])[] = [
  'a text',
  { a: [1, { b: 'c' }] },
  { table, again: table[3], bytes: Buffer.from('bytes'), map: new Map([[{}, undefined]]) },
].map((value) => {
  const { format, bytes } = serialise(value);
  return [format, Buffer.from(bytes)];
});

describe('P11: bytes that nobody wrote', () => {
  it('random ones are a value or corrupt, in every format', () => {
    fc.assert(
      fc.property(fc.constantFrom(...FORMATS), fc.uint8Array({ maxLength: 200 }), (format, bytes) => {
        outcome(format, bytes);
      }),
      { numRuns: 5_000 },
    );
  });

  it('damaged ones are a value or corrupt, and the next value is read as it was', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.constantFrom(...real),
        damage,
        fc.option(fc.nat(), { freq: 3 }),
        ([format, bytes], places, cut) => {
          const copy = Buffer.from(bytes);
          for (const [at, byte] of places) copy[at % copy.length] = byte;
          outcome(format, cut === null ? copy : copy.subarray(0, cut % copy.length));
          expect(deserialise(format, bytes)).toEqual(deserialise(format, Buffer.from(bytes)));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ['a list of more than there is', 'dd 7fffffff 01'],
    ['a map of more than there is', 'df 7fffffff 01 01'],
    ['a text of more than there is', 'db 7fffffff 61'],
    ['bytes of more than there are', 'c6 7fffffff 61'],
    ['an unknown extension', 'd4 01 00'],
    ['an error, which is never kept', 'd4 65 00 92 a1 61 a1 62'],
    ['a bundle of texts', 'd6 62 00000000 c0'],
    ['a record of two bytes', 'd5 72 40 00 91 a1 61 01'],
    ['a record that is no record', 'd4 72 05 91 a1 61 01'],
    ['a record that was not defined', '40'],
    ['a record without names', 'd4 72 40 a1 61 01'],
    ['a reference to nothing', 'd6 70 00000001'],
    ['an id that is given twice', '92 d6 69 00000001 90 d6 69 00000001 90'],
    ['a typed array that there is not', 'c7 02 74 63 00'],
    ['a regular expression that is none', 'd4 78 00 92 a1 28 a0'],
    ['a huge integer', `c8 ffff 42 ${'01'.repeat(0xffff)}`],
    ['the reserved token', 'c1'],
    ['two values', '01 01'],
    ['nothing', ''],
    ['deep nesting', '91'.repeat(100_000)],
    [
      'deep nesting of ids',
      Array.from({ length: 20_000 }, (_, id) => `d6 69 ${id.toString(16).padStart(8, '0')}`).join(''),
    ],
  ])('MessagePack: %s', (_name, hex) => {
    expect(outcome('messagepack', packed(hex))).toBe('corrupt');
  });

  it('a megabyte of empty maps, dates or bytes is refused before any is made', () => {
    const length = Buffer.alloc(5);
    length.writeUInt8(0xdd);
    for (const each of ['80', 'd6 ff 00000000', 'c4 00', 'c7 01 74 10', 'd4 73 00 90']) {
      const one = packed(each);
      length.writeUInt32BE(400_000, 1);
      const before = process.memoryUsage().heapUsed;
      const bytes = Buffer.concat([length, ...Array.from({ length: 400_000 }, () => one)]);
      expect(outcome('messagepack', bytes)).toBe('corrupt');
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
    }
  });

  it('JSON nested as deep as it may be long is read or refused', () => {
    expect(outcome('json', Buffer.from('['.repeat(1_000_000)))).toBe('corrupt');
    expect(['value', 'corrupt']).toContain(
      outcome('json', Buffer.from(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)),
    );
  });

  it('no prototype is reached', () => {
    // {"__proto__": {"polluted": 1}} as a record, whose name the library changes
    outcome('messagepack', packed('d4 72 40 91 a9 5f5f70726f746f5f5f d4 72 41 91 a8 706f6c6c75746564 01'));
    outcome('json', Buffer.from('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'));
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it.each([
    ['text', 'ff'],
    ['json', '22 ff 22'],
    ['json', '7b'],
    ['protobuf', ''],
    ['protobuf', '00'],
    ['protobuf', '01'],
    ['protobuf', '01 0a ff ff ff ff 0f'],
  ] as const)('%s: %s', (format, hex) => {
    expect(outcome(format, packed(hex))).toBe('corrupt');
  });

  it('what is longer than a value may be is refused unread', () => {
    for (const format of FORMATS) expect(outcome(format, Buffer.alloc(8 * 1024 * 1024 + 1, 0x20))).toBe('corrupt');
  });
});
