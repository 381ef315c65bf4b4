import { preview } from '@mcp-cluster/protocol';
import { resourceContents, resourceLink, type ToolContext } from '@mcp-cluster/tools';
import { byteQuery, partsOf, readByteRange, type ByteRange } from './byte-range.js';
import { readChunks, readTextChunks } from './file-chunks.js';
import { FileError } from './file.errors.js';
import { openGuardedFile, type GuardedFile } from './guarded-file.js';
import { readLines } from './line-excerpt.js';
import { LineSummary, type LineSummaryOptions } from './line-summary.js';
import type { ServedFolder } from './served-folder.js';
import { continuedBytes, MAX_CHARACTER_BYTES, requireText, unfinishedBytes } from './utf8-text.js';

/** Links that a summary carries at most: a longer list helps nobody, and the answer stays small. */
export const MAX_LINKS = 100;

/** What was found in a file that is too large to be given whole. */
export interface Overview {
  readonly name: string;
  readonly uri: string;
  /** Bytes. */
  readonly size: number;
  readonly counts: LineSummary;
  readonly firstLines: readonly string[];
  readonly lastLines: readonly string[];
  /** Bytes that a part has at most, how many parts there are, and how many of them are linked. */
  readonly parts: { readonly bytes: number; readonly count: number; readonly linked: number };
}

export interface TextFileReaderOptions {
  readonly folder: ServedFolder;
  /** Bytes up to which a file, or a range of one, is given whole. */
  readonly wholeBytes: number;
  /** What the overview of a larger file needs. */
  readonly summary: LineSummaryOptions;
  /** What the overview says. */
  readonly describe: (overview: Overview) => string;
}

type Contents = ReturnType<typeof resourceContents>;

/**
 * Gives the text files of a folder as resources: a small one whole; of a large one an overview and links to its
 * parts; and any part by `?bytes=START-END`. Reads in chunks of 64 KB with progress, in constant memory apart from
 * what is given whole.
 */
export class TextFileReader {
  private readonly field: string;

  constructor(private readonly options: TextFileReaderOptions) {
    this.field = options.folder.guarded.field;
  }

  /**
   * @param reference what stands for the variable in the URI, as it came: percent-encoded, with the query if any
   * @param uri the whole URI
   * @throws FileError
   */
  async read(reference: string, context: ToolContext, uri: string): Promise<Contents> {
    const queryAt = reference.indexOf('?');
    const name = this.decode(queryAt === -1 ? reference : reference.slice(0, queryAt));
    const file = await openGuardedFile(this.options.folder.guarded, name);
    try {
      if (queryAt !== -1) return await this.readRange(file, name, reference.slice(queryAt + 1), context, uri);
      if (file.size <= this.options.wholeBytes) return await this.readWhole(file, name, context, uri);
      return await this.readOverview(file, name, context, uri);
    } finally {
      await file.handle.close();
    }
  }

  /** Once and no more: `%252e` is the name `%2e`, not a dot. */
  private decode(encoded: string): string {
    try {
      return decodeURIComponent(encoded);
    } catch (cause) {
      const detail = `expected a percent-encoded UTF-8 name, got ${preview(encoded)}`;
      throw new FileError('refused', `${this.field}: ${detail}`, { cause });
    }
  }

  private async readWhole(file: GuardedFile, name: string, context: ToolContext, uri: string): Promise<Contents> {
    const text = Buffer.allocUnsafeSlow(file.size);
    const lines = new LineSummary({ head: 0, tail: 0, levels: false });
    let length = 0;
    for await (const { bytes, position, end } of readTextChunks(file, { field: this.field })) {
      bytes.copy(text, position);
      length = end;
      lines.add(bytes);
      await report(context, end, file.size, lines.lines);
    }
    return resourceContents({ uri, mimeType: this.mimeTypeOf(name), text: text.toString('utf8', 0, length) });
  }

  private async readOverview(file: GuardedFile, name: string, context: ToolContext, uri: string): Promise<Contents> {
    const { summary, wholeBytes, describe } = this.options;
    const counts = new LineSummary(summary);
    for await (const { bytes, end } of readTextChunks(file, { field: this.field })) {
      counts.add(bytes);
      await report(context, end, file.size, counts.lines);
    }
    counts.finish();
    const linked = partsOf(file.size, wholeBytes, MAX_LINKS);
    const overview: Overview = {
      name,
      uri,
      size: file.size,
      counts,
      firstLines: await readLines(file, counts.head, this.field),
      lastLines: await readLines(file, counts.tail, this.field),
      parts: { bytes: wholeBytes, count: Math.ceil(file.size / wholeBytes), linked: linked.length },
    };
    const links = linked.map((part) => this.linkTo(part, name, uri));
    return resourceContents(
      { uri, mimeType: 'text/plain', text: describe(overview) },
      { uri, mimeType: 'application/json', text: JSON.stringify(links) },
    );
  }

  /**
   * A character belongs to the range in which it begins: the parts of a file, one after the other, are the file.
   * The answer's URI says which bytes were given.
   */
  private async readRange(file: GuardedFile, name: string, query: string, context: ToolContext, uri: string) {
    const asked = readByteRange(query, file.size, this.options.wholeBytes);
    const range = { start: asked.start, end: Math.min(asked.end + MAX_CHARACTER_BYTES - 1, file.size) };
    const bytes = Buffer.allocUnsafeSlow(range.end - range.start);
    for await (const chunk of readChunks(file, { range, field: this.field })) {
      chunk.bytes.copy(bytes, chunk.position - range.start);
      const done = Math.min(chunk.end, asked.end) - asked.start;
      context.progress(done, asked.end - asked.start, `bytes ${done} of ${asked.end - asked.start}`);
      await context.breathe();
    }
    const given = wholeCharactersOf(bytes, asked);
    if (given.start >= given.end)
      throw new FileError('bad_range', `bytes: expected a range in which a character begins, got ?${query}`);
    const text = bytes.subarray(given.start - asked.start, given.end - asked.start);
    requireText(text, given.start, this.field);
    const base = uri.slice(0, uri.indexOf('?'));
    return resourceContents({
      uri: `${base}?${byteQuery(given)}`,
      mimeType: this.mimeTypeOf(name),
      text: text.toString('utf8'),
    });
  }

  private linkTo(part: ByteRange, name: string, uri: string) {
    const query = byteQuery(part);
    return resourceLink({
      uri: `${uri}?${query}`,
      name: `${name} ${query}`,
      mimeType: this.mimeTypeOf(name),
      size: part.end - part.start,
    });
  }

  private mimeTypeOf(name: string): string {
    return this.options.folder.mimeTypeOf(name);
  }
}

/** @param bytes those of the range and, where the file goes on, up to three more */
function wholeCharactersOf(bytes: Buffer, { start, end }: ByteRange): ByteRange {
  const lead = start === 0 ? 0 : continuedBytes(bytes);
  const length = end - start;
  const more = unfinishedBytes(bytes.subarray(0, length)) > 0 ? continuedBytes(bytes.subarray(length)) : 0;
  return { start: start + lead, end: end + more };
}

async function report(context: ToolContext, done: number, size: number, lines: number): Promise<void> {
  context.progress(done, size, `bytes ${done} of ${size}, lines ${lines}`);
  await context.breathe();
}
