import { readChunks } from './file-chunks.js';
import type { GuardedFile } from './guarded-file.js';
import type { LinePlace } from './line-summary.js';
import { wholeCharacters } from './utf8-text.js';

/** Longer lines are cut: a hundred of these are 800 KiB, and one line without an end must not become the answer. */
export const MAX_LINE_BYTES = 8_192;

/**
 * Reads some lines of a text file that was found to be text.
 * @param field the caller's word for the file
 * @throws FileError `cut_short`
 */
export async function readLines(file: GuardedFile, places: readonly LinePlace[], field: string): Promise<string[]> {
  const lines: string[] = [];
  for (const { start, end } of places) {
    const shownEnd = Math.min(end, start + MAX_LINE_BYTES);
    const pieces: Buffer[] = [];
    for await (const { bytes } of readChunks(file, { range: { start, end: shownEnd }, field }))
      pieces.push(Buffer.from(bytes));
    const line = Buffer.concat(pieces);
    lines.push(
      shownEnd < end
        ? `${wholeCharacters(line).toString('utf8')} … (cut: the line has ${end - start} bytes)`
        : line.toString('utf8').replace(/\r$/, ''),
    );
  }
  return lines;
}
