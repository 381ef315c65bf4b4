import { CsvError, Parser } from 'csv-parse';
import { MAX_ROW_LENGTH, ROW_TOO_LONG, RowFault, type CsvRecords } from './row.js';

const FAULTS: Readonly<Record<string, RowFault>> = {
  CSV_MAX_RECORD_SIZE: ROW_TOO_LONG,
  CSV_QUOTE_NOT_CLOSED: new RowFault('a closing quote', 'the end of the file'),
  CSV_INVALID_CLOSING_QUOTE: new RowFault('a comma or a line end after a closing quote', 'something else'),
  INVALID_OPENING_QUOTE: new RowFault('quotes around a whole field', 'a quote within one'),
};

/** Reads CSV in which quotes occur (RFC 4180) with csv-parse, from the beginning of a row on. */
export class QuotedCsv {
  private readonly parser: RecordParser;
  private linesFed: number;

  /**
   * @param field the argument that named the file, for errors
   * @param lines of the file before
   * @param position bytes of the file before
   */
  constructor(
    private readonly field: string,
    lines: number,
    position: number,
  ) {
    this.parser = new RecordParser(lines, position);
    this.linesFed = lines;
  }

  /** The parser looks a few bytes ahead, so its own count may be a row behind. */
  get line(): number {
    return Math.max(this.linesFed, this.parser.lastLine) + 1;
  }

  /** @throws ToolError for a quote where none may be, or a row of more than 1 MiB */
  feed(text: string): CsvRecords {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.linesFed += 1;
    return this.collect(this.parser.parseBlock(Buffer.from(text)));
  }

  end(): CsvRecords {
    return this.collect(this.parser.parseEnd());
  }

  private collect(thrown: Error | undefined): CsvRecords {
    if (thrown === undefined) return this.parser.takeRecords();
    const fault = thrown instanceof CsvError ? FAULTS[thrown.code] : undefined;
    // The row that is wrong begins below the last whole one.
    throw fault === undefined ? thrown : fault.toError(this.field, this.parser.lastLine + 1, thrown);
  }
}

/**
 * The parser, called block by block instead of being piped: a stream of single records costs more than half of
 * the parsing again, and so does `info: true`, which copies its counters for each record.
 */
class RecordParser extends Parser {
  lastLine: number;
  private collected: CsvRecords = { records: [], lines: [], ends: [] };
  /** It counts the CRLF within quotes as two lines. */
  private countedTwice = 0;

  constructor(
    private readonly linesBefore: number,
    private readonly position: number,
  ) {
    super({
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: MAX_ROW_LENGTH,
    });
    this.lastLine = linesBefore;
  }

  parseBlock(bytes: Buffer): Error | undefined {
    let failure: Error | undefined;
    this._transform(bytes, 'buffer' as BufferEncoding, (error) => {
      failure = error ?? undefined;
    });
    return failure;
  }

  parseEnd(): Error | undefined {
    let failure: Error | undefined;
    this._flush((error) => {
      failure = error ?? undefined;
    });
    return failure;
  }

  takeRecords(): CsvRecords {
    const { collected } = this;
    this.collected = { records: [], lines: [], ends: [] };
    return collected;
  }

  /** Called in the middle of the parsing, when the counters are this record's. */
  override push(record: string[] | null): boolean {
    if (record === null) return false;
    const line = this.linesBefore + this.info.lines - this.countedTwice;
    if (line > this.lastLine + 1) this.countedTwice += countReturns(record);
    this.lastLine = this.linesBefore + this.info.lines - this.countedTwice;
    this.collected.records.push(record);
    this.collected.lines.push(this.lastLine);
    this.collected.ends.push(this.position + this.info.bytes);
    return true;
  }
}

function countReturns(record: readonly string[]): number {
  let count = 0;
  for (const field of record) count += field.split('\r\n').length - 1;
  return count;
}
