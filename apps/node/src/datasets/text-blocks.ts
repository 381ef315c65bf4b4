import { isAscii } from 'node:buffer';
import type { RowFault } from './row.js';
import { Utf8Check } from './utf8-check.js';

const BYTE_ORDER_MARK = '\uFEFF';
const BYTE_ORDER_MARK_BYTES = 3;

export interface TextBlock {
  readonly text: string;
  /** As many bytes as characters: positions need no counting. */
  readonly ascii: boolean;
  /** Bytes of the file before the text that are no part of it: its byte order mark. */
  readonly skipped: number;
  /** Comes after the text. */
  readonly fault: RowFault | undefined;
}

/** What a file is read from: a stream (destroyed in the end) or chunks in memory. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Decodes UTF-8 chunk by chunk, strictly; the block with a fault is the last. */
export async function* readText(source: ByteSource): AsyncGenerator<TextBlock, void, undefined> {
  const check = new Utf8Check();
  let first = true;
  for await (const chunk of source) {
    const { bytes, fault } = check.take(chunk);
    if (bytes.length === 0 && fault === undefined) continue;
    yield decode(bytes, first, fault);
    if (fault !== undefined) return;
    first = false;
  }
  const fault = check.end();
  if (fault !== undefined) yield { text: '', ascii: true, skipped: 0, fault };
}

function decode(bytes: Buffer, first: boolean, fault: RowFault | undefined): TextBlock {
  // ASCII is most of what there is, and Latin-1 is its fastest decoder.
  if (isAscii(bytes)) return { text: bytes.toString('latin1'), ascii: true, skipped: 0, fault };
  const text = bytes.toString('utf8');
  if (first && text.startsWith(BYTE_ORDER_MARK))
    return { text: text.slice(1), ascii: false, skipped: BYTE_ORDER_MARK_BYTES, fault };
  return { text, ascii: false, skipped: 0, fault };
}
