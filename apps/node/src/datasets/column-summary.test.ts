import { ToolError } from '@mcp-cluster/tools';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { summariseColumn, type ColumnSummary } from './column-summary.js';
import { parseDecimal } from './decimal.js';

function summarise(
  csv: string,
  column?: string,
  afterChunk: (bytes: number, rows: number) => void = () => undefined,
): Promise<ColumnSummary> {
  return summariseColumn(Readable.from([Buffer.from(csv)]), { format: 'csv', column, chunkSize: 2 }, { afterChunk });
}

describe('summariseColumn', () => {
  it('S07: summarises the first column whose first value is a number', async () => {
    expect(await summarise('day,site,a,b\n2026-01-01,x,1,10\n2026-01-02,y,-2.5,20\n')).toEqual({
      column: 'a',
      missing: 0,
      count: 2,
      average: -0.75,
      min: -2.5,
      max: 1,
    });
  });

  it('S07: summarises the column that was asked for', async () => {
    expect(await summarise('a,b\n1,10\n2,20\n', 'b')).toMatchObject({ column: 'b', average: 15, min: 10, max: 20 });
  });

  it('reads quotes, a byte order mark, CRLF, empty lines, blanks around numbers and exponents', async () => {
    expect(await summarise('\uFEFF"a","b, c"\r\n"x\ny"," 1e3 "\r\n\r\nz,+.5\r\n', 'b, c')).toMatchObject({
      count: 2,
      min: 0.5,
      max: 1_000,
    });
  });

  it('tells after each chunk how many bytes and rows it has read', async () => {
    const heard: number[][] = [];
    await summarise('a\n1\n2\n3\n4\n5\n', 'a', (bytes, rows) => heard.push([bytes, rows]));
    expect(heard).toEqual([
      [6, 2],
      [10, 4],
    ]);
  });

  it('stops where the listener throws, and ends the source', async () => {
    const source = Readable.from(endless());
    const stopped = summariseColumn(
      source,
      { format: 'csv', chunkSize: 10 },
      {
        afterChunk: (_bytes, rows) => {
          if (rows === 1_000) throw new Error('enough');
        },
      },
    );
    await expect(stopped).rejects.toThrow('enough');
    expect(source.destroyed).toBe(true);
  });

  it.each([
    ['a ragged row', 'a,b\n1,2\n1,2,3\n', undefined, /^file: line 3: expected 2 fields as in the header, got 3$/],
    ['a row too short', 'a,b\n1,2\n1\n', undefined, /^file: line 3: expected 2 fields as in the header, got 1$/],
    [
      'a value that is no number',
      'a\n1\n2\nx1\n',
      undefined,
      /^file: line 4: expected a number in column "a", got "x1"$/,
    ],
    ['an empty value', 'a,b\n1,2\n,2\n', undefined, /^file: line 3: expected a number in column "a", got ""$/],
    ['what Number would take', 'a\n1\n0x10\n', undefined, /got "0x10"$/],
    ['a number too large to hold', 'a\n1\n1e999\n', undefined, /got "1e999"$/],
    ['an unknown column', 'a,b\n1,2\n', 'c', /^column: expected one of "a", "b", got "c"$/],
    ['a column of words', 'a,b\n1,x\n', 'b', /^file: line 2: expected a number in column "b", got "x"$/],
    ['no numeric column', 'a,b\nx,y\n', undefined, /^column: expected a column of numbers/],
    ['a header alone', 'a,b\n', undefined, /^file: expected rows below the header line, got none$/],
    ['an empty file', '', undefined, /^file: expected a header line and rows, got an empty file$/],
    ['an open quote', 'a\n"1\n2\n', undefined, /^file: line 2: expected a closing quote, got the end of the file$/],
  ])('S07: refuses %s and says where', async (_what, csv, column, message) => {
    const refused = summarise(csv, column);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(ToolError);
  });

  it('holds at most 1 MiB of one record', async () => {
    await expect(
      summariseColumn(
        Readable.from(oneEndlessRecord()),
        { format: 'csv', chunkSize: 10 },
        { afterChunk: () => undefined },
      ),
    ).rejects.toThrow(/^file: line 2: expected a row of at most 1 MiB, got a longer one$/);
  });
});

describe('summariseColumn of NDJSON', () => {
  const summariseJson = (text: string, column?: string): Promise<ColumnSummary> =>
    summariseColumn([Buffer.from(text)], { format: 'ndjson', column, chunkSize: 2 }, { afterChunk: () => undefined });

  it('S07: summarises the first key whose first value is a number; digits in a text are none', async () => {
    expect(await summariseJson('{"t":"5","a":1,"b":7}\n{"a":-2.5,"t":"x"}\n')).toEqual({
      column: 'a',
      missing: 0,
      count: 2,
      average: -0.75,
      min: -2.5,
      max: 1,
    });
  });

  it('S07: counts rows without the key, or with null, as missing', async () => {
    expect(await summariseJson('{"a":1}\n{"b":1}\n{"b":null}\n{"b":4}\n', 'b')).toMatchObject({
      missing: 2,
      count: 2,
      min: 1,
      max: 4,
    });
  });

  it.each([
    ['a text', '{"a":1}\n\n{"a":"2"}\n', undefined, /^file: line 3: expected a number in column "a", got "2"$/],
    ['an object', '{"a":1}\n{"a":{"b":1}}\n', 'a', /^file: line 2: expected a number in column "a", got {"b":1}$/],
    ['a number too large to hold', '{"a":1}\n{"a":1e999}\n', 'a', /^file: line 2: expected a number in column "a"/],
    ['a wrong line', '{"a":1}\n{"a":\n', 'a', /^file: line 2: expected a JSON object, got no valid JSON: "{\\"a\\":"$/],
    ['a key that no row has', '{"a":1,"c":2}\n{"b":2}\n', 'd', /^column: expected one of "a", "c", got "d"$/],
    ['a key of Object', '{"a":1}\n', 'constructor', /^column: expected one of "a", got "constructor"$/],
    ['no numeric key', '{"a":"x"}\n', undefined, /^column: expected a column of numbers, got none in the first row$/],
    ['an empty file', '', undefined, /^file: expected rows, got none$/],
  ])('S07: refuses %s and says where', async (_what, text, column, message) => {
    const refused = summariseJson(text, column);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(ToolError);
  });
});

describe('parseDecimal', () => {
  it('takes no time worth measuring for a long text that is nearly a number', () => {
    // Quadratic matching of this many digits would take minutes and run into the limit of the test.
    expect(parseDecimal(`${'1'.repeat(1_000_000)}x`)).toBeUndefined();
    expect(parseDecimal(`.${'1'.repeat(300)}e`)).toBeUndefined();
    expect([' 1. ', '.5', '-1e-3', '+7'].map(parseDecimal)).toEqual([1, 0.5, -0.001, 7]);
    expect(['', ' ', '.', '0x10', 'Infinity', '1_000', '1e999', '1 2'].map(parseDecimal)).toEqual(
      Array(8).fill(undefined),
    );
  });
});

function* endless(): Generator<Buffer> {
  yield Buffer.from('a\n');
  for (;;) yield Buffer.from('1\n2\n3\n');
}

function* oneEndlessRecord(): Generator<Buffer> {
  yield Buffer.from('a\n"');
  for (;;) yield Buffer.alloc(65_536, 'x');
}
