import { describe, expect, it } from 'vitest';
import { continuedBytes, requireText, unfinishedBytes, wholeCharacters } from './utf8-text.js';

/** One character of each length. */
const TEXT = Buffer.from('aé€😀z');

describe('characters of UTF-8', () => {
  it('S12: are whole wherever a text is cut', () => {
    for (let cut = 0; cut <= TEXT.length; cut += 1) {
      const head = wholeCharacters(TEXT.subarray(0, cut)).toString();
      const rest = TEXT.subarray(cut);
      const tail = rest.subarray(continuedBytes(rest)).toString();
      expect('aé€😀z'.startsWith(head)).toBe(true);
      expect('aé€😀z'.endsWith(tail)).toBe(true);
      expect(head + tail).not.toContain('\uFFFD');
    }
    expect(unfinishedBytes(TEXT)).toBe(0);
    expect(unfinishedBytes(TEXT.subarray(0, TEXT.length - 2))).toBe(3);
  });

  it.each([
    ['a NUL byte', [0x61, 0x00, 0x62], 'a NUL byte at offset 101'],
    ['a lone continuation', [0x61, 0x80], 'bytes that are not UTF-8 at offset 101'],
    ['half a character', [0x61, 0x62, 0xe2, 0x82], 'bytes that are not UTF-8 at offset 102'],
    ['a broken character', [0x61, 0xc3, 0x28, 0x62], 'bytes that are not UTF-8 at offset 101'],
    ['a NUL before a broken character', [0x00, 0xff], 'a NUL byte at offset 100'],
    ['a broken character before a NUL', [0xff, 0x00], 'bytes that are not UTF-8 at offset 100'],
    ['an overlong form', [0xc0, 0xaf], 'bytes that are not UTF-8 at offset 100'],
    ['a surrogate', [0x61, 0xed, 0xa0, 0x80], 'bytes that are not UTF-8 at offset 101'],
    ['UTF-16', [0xff, 0xfe, 0x61, 0x00], 'bytes that are not UTF-8 at offset 100'],
  ])('S12: are refused with %s, saying where', (_what, bytes, got) => {
    expect(() => {
      requireText(Uint8Array.from(bytes), 100, 'filename');
    }).toThrow(`filename: expected a UTF-8 text file, got ${got}`);
  });

  it('are found broken far inside', () => {
    const bytes = Buffer.from('€'.repeat(20_000));
    bytes[30_001] = 0x28;
    expect(() => {
      requireText(bytes, 0, 'filename');
    }).toThrow('offset 30000');
  });

  it('are text', () => {
    for (const text of [TEXT, Buffer.alloc(0)])
      expect(() => {
        requireText(text, 0, 'filename');
      }).not.toThrow();
  });
});
