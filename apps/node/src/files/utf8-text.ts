import { isUtf8 } from 'node:buffer';
import { FileError } from './file.errors.js';

/** The longest character has four bytes. */
export const MAX_CHARACTER_BYTES = 4;

/** How many bytes at the end begin a character that is not finished there: 0 to 3. */
export function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back < MAX_CHARACTER_BYTES && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (!isContinuation(byte)) return lengthFrom(byte) > back ? back : 0;
  }
  return 0;
}

/** How many bytes at the beginning belong to a character that began before: 0 to 3. */
export function continuedBytes(bytes: Uint8Array): number {
  let count = 0;
  while (count < MAX_CHARACTER_BYTES - 1 && count < bytes.length && isContinuation(bytes[count] ?? 0)) count += 1;
  return count;
}

/**
 * @param bytes whole characters
 * @param position where they are in the file, for the error
 * @param field the caller's word for the file
 * @throws FileError `not_text` saying where the first byte is that is no text
 */
export function requireText(bytes: Uint8Array, position: number, field: string): void {
  const nul = bytes.indexOf(0);
  if (isUtf8(bytes)) {
    if (nul !== -1) throw notText(field, `a NUL byte at offset ${position + nul}`);
    return;
  }
  const wrong = firstWrongByte(bytes);
  if (nul !== -1 && nul < wrong) throw notText(field, `a NUL byte at offset ${position + nul}`);
  throw notText(field, `bytes that are not UTF-8 at offset ${position + wrong}`);
}

/** Where the first broken character begins: halving finds it, as every beginning of good text is good. */
function firstWrongByte(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isUtf8(wholeCharacters(bytes.subarray(0, middle)))) good = middle;
    else bad = middle;
  }
  return wholeCharacters(bytes.subarray(0, good)).length;
}

/** Without the character at the end that is not finished there. */
export function wholeCharacters<T extends Uint8Array>(bytes: T): T {
  return bytes.subarray(0, bytes.length - unfinishedBytes(bytes)) as T;
}

function isContinuation(byte: number): boolean {
  return (byte & 0b1100_0000) === 0b1000_0000;
}

function lengthFrom(first: number): number {
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}

function notText(field: string, got: string): FileError {
  return new FileError('not_text', `${field}: expected a UTF-8 text file, got ${got}`);
}
