import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readText, type TextBlock } from './text-blocks.js';

async function read(chunks: Uint8Array[]) {
  const blocks: TextBlock[] = [];
  for await (const block of readText(chunks)) blocks.push(block);
  const fault = blocks.at(-1)?.fault;
  return { text: blocks.map(({ text }) => text).join(''), fault, skipped: blocks[0]?.skipped };
}

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set([...places.map((place) => place % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

describe('readText', () => {
  it('S07: decodes any text, wherever its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), fc.array(fc.nat(300)), async (text, places) => {
        fc.pre(!text.includes('\0') && !text.startsWith('\uFEFF') && text.isWellFormed());
        expect(await read(cut(Buffer.from(text), places))).toMatchObject({ text, fault: undefined });
      }),
    );
  });

  it('S07: finds a fault in any bytes that the platform takes for no UTF-8, wherever they are cut', async () => {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const isText = (bytes: Uint8Array): boolean => {
      try {
        return !decoder.decode(bytes).includes('\0');
      } catch {
        return false;
      }
    };
    // Bytes around the borders of the encoding: random ones are nearly always wrong in the first place.
    const byte = fc.constantFrom(
      0x00,
      0x0a,
      0x41,
      0x7f,
      0x80,
      0xbf,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xed,
      0xf0,
      0xf4,
      0xf5,
      0xff,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(byte, { maxLength: 8 }), fc.array(fc.nat(8)), async (values, places) => {
        const bytes = Buffer.from(values);
        expect((await read(cut(bytes, places))).fault === undefined).toBe(isText(bytes));
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives the whole lines before a fault and nothing after it', async () => {
    const bytes = Buffer.concat([Buffer.from('a\nb\nc'), Buffer.from([0xff]), Buffer.from('\nd\n')]);
    expect(await read([bytes, Buffer.from('e')])).toMatchObject({
      text: 'a\nb\n',
      fault: { expected: 'UTF-8 text', got: 'bytes that are no UTF-8' },
    });
    expect(await read([Buffer.from('a\nb\0c\n')])).toMatchObject({ text: 'a\nb', fault: { got: /NUL/ } });
  });

  it('drops a byte order mark and says how many bytes it was; one further on is a character', async () => {
    expect(await read([Buffer.from('\uFEFFa\uFEFFb')])).toEqual({ text: 'a\uFEFFb', skipped: 3, fault: undefined });
    const cutMark = [Buffer.from([0xef]), Buffer.from([0xbb]), Buffer.from([0xbf, 0x61])];
    expect(await read(cutMark)).toEqual({ text: 'a', skipped: 3, fault: undefined });
    expect(await read([Buffer.from('a'), Buffer.from('\uFEFF')])).toMatchObject({ text: 'a\uFEFF' });
  });
});
