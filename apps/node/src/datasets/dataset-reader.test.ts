import { ToolError } from '@mcp-cluster/tools';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { formatOf, readDataset, type DatasetFormat } from './dataset-reader.js';
import { cellAt, RowFault, type Row } from './row.js';

interface Read {
  header: readonly string[] | undefined;
  rows: (Row | RowFault)[];
  lines: number[];
  ends: number[];
}

async function read(text: string | Buffer, format: DatasetFormat, size = 65_536): Promise<Read> {
  const bytes = Buffer.from(text);
  const chunks = [];
  for (let start = 0; start < bytes.length; start += size) chunks.push(bytes.subarray(start, start + size));
  const all: Read = { header: undefined, rows: [], lines: [], ends: [] };
  for await (const batch of readDataset(chunks, { format, field: 'file' })) {
    all.header = batch.header;
    all.rows.push(...batch.rows);
    all.lines.push(...batch.lines);
    all.ends.push(...batch.ends);
  }
  return all;
}

describe('readDataset of CSV', () => {
  const field = fc.constantFrom('', 'a', 'ü€', '1.5', ' x ', 'a,b', 'say "hi"', 'two\nlines', 'two\r\nlines', '𝄞');
  const quoted = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

  it('S07: reads what csv-parse reads, wherever the bytes are cut, with the lines and bytes where rows end', async () => {
    const table = fc.array(fc.tuple(field, field, field), { minLength: 1, maxLength: 8 });
    const options = fc.record({ end: fc.constantFrom('\n', '\r\n'), last: fc.boolean(), bom: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(table, options, fc.integer({ min: 1, max: 40 }), async (rows, { end, last, bom }, size) => {
        const records = rows.map((row) => row.map(quoted).join(','));
        const text = `${bom ? '\uFEFF' : ''}h1,h2,h3${end}${records.join(end)}${last ? end : ''}`;
        const expected = parse(text, { bom: true, from: 2, skip_empty_lines: true });
        const { header, rows: got, lines, ends } = await read(text, 'csv', size);
        expect({ header, got }).toEqual({ header: ['h1', 'h2', 'h3'], got: expected });
        for (const [index] of rows.entries()) {
          const until = `${bom ? '\uFEFF' : ''}h1,h2,h3${end}${records.slice(0, index + 1).join(end)}`;
          expect(lines[index]).toBe(until.split('\n').length);
          expect(ends[index]).toBe(Buffer.byteLength(index + 1 < rows.length || last ? until + end : until));
        }
      }),
    );
  });

  it('S07: reads lines that end with CR alone', async () => {
    expect((await read('a,b\r1,2\r3,4\r', 'csv', 5)).rows).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
  });

  it.each(['1,2,3', '1', '"1","2","3"'])('S07: gives a ragged row %s as a fault and goes on', async (row) => {
    const { rows, lines } = await read(`a,b\n1,2\n${row}\n5,6\n`, 'csv');
    expect(lines).toEqual([2, 3, 4]);
    expect(rows[1]).toBeInstanceOf(RowFault);
    expect(rows[1]).toMatchObject({ expected: '2 fields as in the header' });
    expect(rows[2]).toEqual(['5', '6']);
  });

  const quoteInside = /^file: line 3: expected quotes around a whole field, got a quote within one$/;
  const afterQuote = /^file: line 3: expected a comma or a line end after a closing quote, got something else$/;
  it.each([
    ['a quote that stays open', 'a\n1\n"2\n3\n', /^file: line 3: expected a closing quote, got the end of the file$/],
    ['a quote within a field', 'a\n1\n2"\n', quoteInside],
    ['text after a quote', 'a\n1\n"2"3\n', afterQuote],
    ['a NUL byte', 'a\n1\n2\0\n', /^file: line 3: expected UTF-8 text, got a NUL byte, as in a binary file$/],
    ['a NUL byte below quotes', 'a\n"1"\n\0', /^file: line 3: .*NUL/],
    [
      'a row without end',
      `a\n1\n${'x'.repeat(1_100_000)}`,
      /^file: line 3: expected a row of at most 1 MiB, got a lon/,
    ],
    ['a long row', `a\n1\n${'x'.repeat(1_100_000)}\n`, /^file: line 3: expected a row of at most 1 MiB, got a longer/],
    ['long quotes', `a\n1\n"${'x'.repeat(1_100_000)}"\n`, /^file: line 3: expected a row of at most 1 MiB, got a lon/],
  ])('S07: refuses %s and says where', async (_what, text, message) => {
    const refused = read(text, 'csv');
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(ToolError);
  });

  it.each(['csv', 'ndjson'] as const)('S07: refuses %s that is no UTF-8 and says where', async (format) => {
    const start = format === 'csv' ? 'a\n1\n' : '{"a":1}\n{"a":1}\n';
    const latin1 = Buffer.concat([Buffer.from(start), Buffer.from('"ü"\n', 'latin1')]);
    const message = 'file: line 3: expected UTF-8 text, got bytes that are no UTF-8';
    await expect(read(latin1, format)).rejects.toThrow(message);
    await expect(read(latin1, format, 1)).rejects.toThrow(message);
    await expect(read(Buffer.from(`${start}ü`).subarray(0, -1), format)).rejects.toThrow(message);
    await expect(read(Buffer.from('a\n1\n', 'utf16le'), format)).rejects.toThrow('file: line 1: expected UTF-8 text');
  });
});

describe('readDataset of NDJSON', () => {
  it('S07: reads an object a line, skips blank lines, and says where rows end', async () => {
    const text = '\uFEFF{"a":1,"b":"ü"}\r\n\n  \t\n{"a":{"c":[2]}}';
    for (const size of [1, 7, 100]) {
      expect(await read(text, 'ndjson', size)).toEqual({
        header: undefined,
        rows: [{ a: 1, b: 'ü' }, { a: { c: [2] } }],
        lines: [1, 4],
        ends: [21, Buffer.byteLength(text)],
      });
    }
  });

  it.each([
    ['[1]', 'an array'],
    ['1', '1'],
    ['null', 'null'],
    ['"x"', '"x"'],
    ['{"a":1', 'no valid JSON: "{\\"a\\":1"'],
    ["{'a':1}", 'no valid JSON: "{\'a\':1}"'],
    ['{"a":1}{"a":2}', 'no valid JSON: "{\\"a\\":1}{\\"a\\":2}"'],
  ])('S07: gives %s as a fault and goes on', async (line, got) => {
    const { rows } = await read(`{"a":0}\n${line}\n{"a":1}\n`, 'ndjson');
    expect(rows).toEqual([{ a: 0 }, new RowFault('a JSON object', got), { a: 1 }]);
  });

  it('S07: refuses a line of more than 1 MiB', async () => {
    const endless = Readable.from(lineWithoutEnd());
    const rows = readDataset(endless, { format: 'ndjson', field: 'file' });
    const readAll = async () => {
      for await (const batch of rows) expect(batch.rows.length).toBeLessThan(2);
    };
    await expect(readAll()).rejects.toThrow('file: line 2: expected a row of at most 1 MiB, got a longer one');
    expect(endless.destroyed).toBe(true);
  });

  it('S20: reads no block before the last one was used, and ends the source when it is left', async () => {
    let taken = 0;
    const source = Readable.from(
      (function* () {
        for (;;) {
          taken += 1;
          yield Buffer.from('{"a":1}\n'.repeat(100));
        }
      })(),
      { highWaterMark: 1 },
    );
    for await (const { rows } of readDataset(source, { format: 'ndjson', field: 'file' })) {
      expect(rows).toHaveLength(100);
      expect(taken).toBeLessThan(10);
      if (taken > 5) break;
    }
    expect(source.destroyed).toBe(true);
  });
});

describe('cells', () => {
  it('are looked up in the row alone', () => {
    expect(cellAt({ a: 1 }, { name: 'constructor', index: 0 })).toBeUndefined();
    expect(cellAt(JSON.parse('{"__proto__":5}') as Row, { name: '__proto__', index: 0 })).toBe(5);
    expect(cellAt(['x', 'y'], { name: 'b', index: 1 })).toBe('y');
  });

  it('come from the format that the name says', () => {
    expect(['a.csv', 'A.CSV', 'b.ndjson', 'b.JSONL'].map(formatOf)).toEqual(['csv', 'csv', 'ndjson', 'ndjson']);
  });
});

function* lineWithoutEnd(): Generator<Buffer> {
  yield Buffer.from('{"a":1}\n');
  for (;;) yield Buffer.alloc(65_536, 'x');
}
