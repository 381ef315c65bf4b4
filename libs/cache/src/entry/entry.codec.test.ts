import { constants, zstdCompressSync } from 'node:zlib';
import { errorCode } from '@mcp-cluster/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntryMeta } from '../tier/tier.js';
import { decodeEntry, encodeEntry, readMeta } from './entry.codec.js';
import { frame, unframe } from './entry-frame.js';

const meta: EntryMeta = {
  id: 'k'.repeat(43),
  type: 'tool_result',
  space: 'echo',
  scope: 'private',
  owner: 'o'.repeat(22),
  tags: ['all', 'tools', 'mine'],
  born: 1_793_520_002_895_123,
  freshUntil: 1_793_520_302_895,
  staleUntil: 1_793_520_602_895,
  errorUntil: 1_793_520_902_895.5,
};
const RANDOM = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 2_654_435_761) >>> ((at % 3) * 8 + 1)));

/** One of each way to write an entry: sizes, formats, compressed or not. */
const values: readonly (readonly [name: string, value: unknown])[] = [
  ['a small text', '{"content":[{"type":"text","text":"hello"}]}'],
  ['an empty text', ''],
  ['a compressed text', JSON.stringify(Array.from({ length: 300 }, (_, id) => ({ id, name: `row ${String(id)}` })))],
  ['a large text', 'a line of a log that is like the others\n'.repeat(8_000)],
  ['bytes that gain nothing', RANDOM.subarray(0, 4_000)],
  ['many bytes that gain nothing', RANDOM],
  ['an object', { a: 1, b: [true, null] }],
  ['what JSON does not have', { at: new Date(5), match: /x/u, set: new Set([1]), none: undefined }],
];

const code = (run: () => unknown): Promise<string | undefined> =>
  Promise.resolve()
    .then(run)
    .then(() => 'none', errorCode);

describe('P11: entries', () => {
  it.each(values)('%s comes back, with all that is said of it', async (_name, value) => {
    const bytes = await encodeEntry(meta, value);
    expect(await decodeEntry(Uint8Array.from(bytes), meta)).toStrictEqual({ meta, value });
    expect(readMeta(bytes)).toStrictEqual(meta);
  });

  it('any text and any meta', async () => {
    const text = fc.string({ unit: 'grapheme' });
    const any = fc.record(
      {
        id: text,
        type: fc.constantFrom('resource', 'tool_result', 'auth_token', 'computed_result'),
        space: text,
        scope: fc.constantFrom('public', 'private'),
        owner: text,
        tags: fc.array(text),
        born: fc.maxSafeNat(),
        freshUntil: fc.maxSafeNat(),
        staleUntil: fc.maxSafeNat(),
        errorUntil: fc.maxSafeNat(),
      },
      { noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(any, fc.string({ maxLength: 5_000, unit: 'grapheme' }), async (said, value) => {
        expect(await decodeEntry(await encodeEntry(said, value), said)).toStrictEqual({ meta: said, value });
      }),
      { numRuns: 200 },
    );
  });

  it('is compressed only where that gains an eighth, and from a kilobyte on', async () => {
    const kinds = async (value: unknown): Promise<number> => unframe(await encodeEntry(meta, value)).compression;
    expect(await kinds('x'.repeat(1_023))).toBe(0);
    expect(await kinds('x'.repeat(1_024))).toBe(1);
    expect(await kinds(RANDOM.subarray(0, 4_000))).toBe(0);
    expect(await kinds(RANDOM)).toBe(0);
  });

  it('small ones need no promise, large ones give the loop back', () => {
    const small = encodeEntry(meta, 'x'.repeat(100_000));
    expect(small).toBeInstanceOf(Uint8Array);
    expect(decodeEntry(small as Uint8Array, meta)).not.toBeInstanceOf(Promise);
    expect(encodeEntry(meta, 'x'.repeat(200_000))).toBeInstanceOf(Promise);
  });

  it('more that is known of a key is left out, and a value that cannot be written is refused', async () => {
    const bytes = await encodeEntry({ ...meta, secret: 'argument' } as EntryMeta, '');
    expect(Buffer.from(bytes).includes('argument')).toBe(false);
    expect(await code(() => encodeEntry(meta, () => 1))).toBe('cache_unserialisable');
    expect(await code(() => encodeEntry({ ...meta, born: '1' as unknown as number }, ''))).toBe('cache_unserialisable');
    expect(
      await code(() => encodeEntry({ ...meta, tags: Array.from({ length: 5_000 }, () => 'x'.repeat(22)) }, '')),
    ).toBe('cache_unserialisable');
  });
});

describe('experiment 19: damaged entries', () => {
  it('any flipped bit, any cut and anything appended is an error, never a wrong value', async () => {
    const entries = await Promise.all(values.map(async ([, value]) => Buffer.from(await encodeEntry(meta, value))));
    const damage = fc.oneof(
      { weight: 8, arbitrary: fc.record({ how: fc.constant('flip' as const), at: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ how: fc.constant('cut' as const), at: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ how: fc.constant('append' as const), at: fc.integer({ min: 1, max: 40 }) }) },
      { weight: 1, arbitrary: fc.record({ how: fc.constant('shift' as const), at: fc.integer({ min: 1, max: 40 }) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...entries), damage, async (entry, { how, at }) => {
        const bytes = damaged(entry, how, at);
        const got = await code(() => decodeEntry(bytes, meta));
        expect(['cache_corrupt', 'cache_foreign']).toContain(got);
        expect(await code(() => readMeta(bytes))).toBe(got);
      }),
      { numRuns: 1_500 },
    );
  });

  it('every single bit of a small entry, and every place to cut it', async () => {
    const entry = Buffer.from(await encodeEntry(meta, 'value'));
    for (let bit = 0; bit < entry.length * 8; bit += 1) {
      const expected = bit < 5 * 8 ? 'cache_foreign' : 'cache_corrupt';
      expect(await code(() => decodeEntry(damaged(entry, 'flip', bit), meta))).toBe(expected);
    }
    for (let at = 0; at < entry.length; at += 1)
      expect(await code(() => decodeEntry(entry.subarray(0, at), meta))).toBe('cache_corrupt');
  });

  it('S7: an entry of another key or owner is foreign', async () => {
    const bytes = await encodeEntry(meta, 'mine');
    expect(await code(() => decodeEntry(bytes, { ...meta, owner: 'somebody else' }))).toBe('cache_foreign');
    expect(await code(() => decodeEntry(bytes, { ...meta, owner: '' }))).toBe('cache_foreign');
    expect(await code(() => decodeEntry(bytes, { ...meta, id: 'another' }))).toBe('cache_foreign');
    expect(await code(() => decodeEntry(bytes, meta))).toBe('none');
  });

  it('whole entries that say what cannot be are corrupt', async () => {
    const good = unframe(await encodeEntry(meta, 'x'.repeat(5_000)));
    const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024), {
      params: { [constants.ZSTD_c_compressionLevel]: 1 },
    });
    const bad: Parameters<typeof frame>[0][] = [
      { ...good, format: 9 },
      { ...good, compression: 9 },
      { ...good, compression: 0 },
      { ...good, length: 4_999 },
      { ...good, length: 5_001 },
      { ...good, length: 200_000 },
      { ...good, payload: bomb },
      { ...good, payload: bomb, length: 200_000 },
      { ...good, payload: bomb, length: 64 * 1024 * 1024 },
      { ...good, payload: Buffer.from('no zstd at all') },
      { ...good, header: Buffer.from('no header') },
      { ...good, header: Buffer.alloc(0) },
    ];
    for (const parts of bad) expect(await code(() => decodeEntry(frame(parts), meta))).toBe('cache_corrupt');
    for (const [said, wrong] of [
      ['type', 'session'],
      ['scope', 'all'],
      ['born', NaN],
    ] as const) {
      const bytes = await encodeEntry({ ...meta, [said]: wrong }, '');
      expect(await code(() => readMeta(bytes))).toBe('cache_corrupt');
    }
  });

  it('a bomb ends at the length that was said, and a frame that asks for more memory than a value has is not begun', async () => {
    const good = unframe(await encodeEntry(meta, 'x'.repeat(5_000)));
    const cause = async (parts: Partial<typeof good>): Promise<unknown> =>
      Promise.resolve()
        .then(() => decodeEntry(frame({ ...good, ...parts }), meta))
        .catch((error: unknown) => errorCode((error as Error).cause));
    const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024));
    expect(await cause({ payload: bomb })).toBe('ERR_BUFFER_TOO_LARGE');
    expect(await cause({ payload: bomb, length: 200_000 })).toBe('ERR_BUFFER_TOO_LARGE');
    // A frame by hand: it asks for 128 MiB, and has one block of 5,000 bytes as they are.
    const block = Buffer.alloc(3);
    block.writeUIntLE((5_000 << 3) | 1, 0, 3);
    const greedy = (window: number): Buffer =>
      Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, window]), block, Buffer.alloc(5_000, 'x')]);
    expect(await cause({ payload: greedy(0x88) })).toBe('ZSTD_error_frameParameter_windowTooLarge');
    expect(await decodeEntry(frame({ ...good, payload: greedy(0x68) }), meta)).toEqual({
      meta,
      value: 'x'.repeat(5_000),
    });
  });
});

function damaged(entry: Buffer, how: 'flip' | 'cut' | 'append' | 'shift', at: number): Buffer {
  const copy = Buffer.from(entry);
  if (how === 'cut') return copy.subarray(0, at % entry.length);
  if (how === 'append') return Buffer.concat([copy, Buffer.alloc(at, at)]);
  if (how === 'shift') return copy.subarray(at);
  const bit = at % (entry.length * 8);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}
