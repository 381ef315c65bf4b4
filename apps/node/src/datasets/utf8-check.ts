import { isUtf8 } from 'node:buffer';
import { RowFault } from './row.js';

const NUL = 0x00;
const LINE_FEED = 0x0a;

const NOT_UTF8 = new RowFault('UTF-8 text', 'bytes that are no UTF-8');
const NOT_TEXT = new RowFault('UTF-8 text', 'a NUL byte, as in a binary file');

/** Bytes that may be decoded: whole characters only. */
export interface CheckedBytes {
  readonly bytes: Buffer;
  /** What comes after the bytes, on the line that follows the last whole line of them. Nothing after it may be read. */
  readonly fault?: RowFault;
}

/**
 * Checks a stream of bytes strictly: a wrong byte is a fault, never a replacement character. Holds at most the
 * three bytes of a character that the next chunk completes.
 */
export class Utf8Check {
  private tail: Buffer = Buffer.alloc(0);

  take(chunk: Uint8Array): CheckedBytes {
    const next = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const bytes = this.tail.length === 0 ? next : Buffer.concat([this.tail, next]);
    const length = wholeCharacters(bytes);
    // Copied: a view would keep the whole chunk.
    this.tail = length === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(length));
    return check(bytes.subarray(0, length));
  }

  /** The fault of a file that ends within a character. */
  end(): RowFault | undefined {
    return this.tail.length === 0 ? undefined : NOT_UTF8;
  }
}

function check(bytes: Buffer): CheckedBytes {
  const nul = bytes.indexOf(NUL);
  const text = nul === -1 ? bytes : bytes.subarray(0, nul);
  if (!isUtf8(text)) return { bytes: wholeLinesBeforeFault(text), fault: NOT_UTF8 };
  return nul === -1 ? { bytes } : { bytes: text, fault: NOT_TEXT };
}

function wholeLinesBeforeFault(bytes: Buffer): Buffer {
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(LINE_FEED, start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return bytes.subarray(0, start);
    start = end + 1;
  }
}

/** How many bytes there are without a character at the end that is only begun. */
function wholeCharacters(bytes: Buffer): number {
  const { length } = bytes;
  for (let back = 1; back <= Math.min(3, length); back += 1) {
    const byte = bytes[length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue; // in the middle of a character: its first byte is further back
    return back < sequenceLength(byte) ? length - back : length;
  }
  return length;
}

/** By its first byte; 1 for a byte that begins nothing, so that it is checked, and refused, at once. */
function sequenceLength(first: number): number {
  if (first >= 0xf0 && first <= 0xf4) return 4;
  if (first >= 0xe0) return first <= 0xef ? 3 : 1;
  return first >= 0xc2 ? 2 : 1;
}
