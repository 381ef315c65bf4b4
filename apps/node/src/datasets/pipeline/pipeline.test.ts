import { RecordingContext } from '@mcp-cluster/tools/testing';
import { VirtualClock } from '@mcp-cluster/testkit';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { runPipeline, type PipelineOutcome } from './pipeline.js';
import { pipelineResult, toResult } from './pipeline-result.js';
import { MAX_REPORT_LENGTH } from './report.stage.js';

function run(text: string, name = 'x.csv', context = new RecordingContext()): Promise<PipelineOutcome> {
  const bytes = Buffer.from(text);
  const format = name.endsWith('.csv') ? 'csv' : 'ndjson';
  const file = { name, format, field: 'input', size: bytes.length, source: [bytes] } as const;
  return runPipeline(file, context, new VirtualClock());
}

async function result(text: string, name?: string) {
  return pipelineResult.parse(toResult(name ?? 'x.csv', await run(text, name)));
}

const SALES = [
  'day,shop,paid,amount,note',
  '2026-01-01T10:00,north,true,10,first',
  '2026-01-02T10:00,south,false,20,a second one',
  '2026-01-03T10:00, north ,true,30,',
  '2026-01-04T10:00+02:00,south,TRUE,40.5,yet another',
  '2026-01-05T10:00,north,true,50,last',
  '',
].join('\n');

const COLUMNS_101 = Array.from({ length: 101 }, (_, index) => `c${String(index)}`).join(',');

describe('runPipeline', () => {
  it('S09: finds out the columns, groups by the best one and computes the numbers', async () => {
    const { columns, groupedBy, groups, totals, checksum, stages } = await result(SALES);
    const mean = 150.5 / 5;
    const deviation = Math.sqrt([10, 20, 30, 40.5, 50].reduce((sum, x) => sum + (x - mean) ** 2, 0) / 5);
    const close = (value: number): number => expect.closeTo(value, 5) as number;
    expect(columns).toEqual([
      {
        name: 'day',
        kind: 'timestamp',
        missing: 0,
        earliest: '2026-01-01T10:00:00.000Z',
        latest: '2026-01-05T10:00:00.000Z',
      },
      { name: 'shop', kind: 'category', missing: 0, distinct: 2 },
      { name: 'paid', kind: 'boolean', missing: 0, distinct: 2 },
      {
        name: 'amount',
        kind: 'number',
        missing: 0,
        mean: close(mean),
        standardDeviation: close(deviation),
        min: 10,
        max: 50,
        normalisation: 'z-score',
      },
      { name: 'note', kind: 'text', missing: 1, longest: 12 },
    ]);
    const scoreOf = (value: number): number => close((value - mean) / deviation);
    const north = { count: 3, mean: 30, min: 10, max: 50, p50: 30, p95: 50, score: scoreOf(30) };
    const south = { count: 2, mean: 30.25, min: 20, max: 40.5, p50: 20, p95: 40.5, score: scoreOf(30.25) };
    expect(groupedBy).toBe('shop');
    expect(groups).toEqual([
      { key: 'north', rows: 3, statistics: [{ column: 'amount', ...north }] },
      { key: 'south', rows: 2, statistics: [{ column: 'amount', ...south }] },
    ]);
    const bytes = Buffer.byteLength(SALES);
    expect(totals).toEqual({ bytes, rows: 5, accepted: 5, rejected: 0, columns: 5, groups: 2 });
    expect(checksum).toBe(createHash('sha256').update(SALES).digest('hex'));
    expect(stages.map(({ status }) => status)).toEqual(Array(5).fill('completed'));
  });

  it('S09: gives the same for the same rows as NDJSON, with keys that come and go', async () => {
    const lines = [
      '{"shop":"a","n":1}',
      '{"n":3,"shop":"a","late":true}',
      '{"shop":"b","n":null}',
      '{"shop":"b","n":5}',
    ];
    const { columns, groups } = await result(lines.join('\n'), 'x.ndjson');
    expect(columns?.map(({ name, kind, missing }) => [name, kind, missing])).toEqual([
      ['shop', 'category', 0],
      ['n', 'integer', 1],
      ['late', 'boolean', 3],
    ]);
    expect(groups?.map(({ key, rows, statistics: [n] }) => [key, rows, n?.count, n?.mean])).toEqual([
      ['a', 2, 2, 2],
      ['b', 2, 1, 5],
    ]);
  });

  it('S09: rejects wrong rows, keeps the first 20 problems and counts all', async () => {
    const rows = Array.from({ length: 400 }, (_, index) =>
      index % 16 === 0 ? `x${String(index)},a` : `${String(index)},a`,
    );
    rows.push('1,a,b', '2', '3,b');
    const { problems, totals, columns } = await result(`n,g\n${rows.join('\n')}`);
    expect(problems).toHaveLength(20);
    expect(problems[0]).toBe('line 2: expected a number in column "n", got "x0"');
    expect(totals).toMatchObject({ rows: 403, accepted: 376, rejected: 27 });
    expect(columns?.[0]).toMatchObject({ kind: 'integer', max: 399 });
  });

  it.each([
    ['an empty file', '', 'x.csv', 'fetch', 'input: expected rows, got an empty file'],
    ['no UTF-8', 'a\n1\n\0', 'x.csv', 'fetch', 'input: line 3: expected UTF-8 text, got a NUL byte'],
    ['a header alone', 'a,b\n', 'x.csv', 'validate', 'input: expected rows, got none'],
    [
      'an open quote',
      'a\n"1\n',
      'x.csv',
      'validate',
      'input: line 2: expected a closing quote, got the end of the file',
    ],
    [
      'a name twice',
      'a,b, a\n1,2,3\n',
      'x.csv',
      'validate',
      'input: line 1: expected different column names, got "a" twice',
    ],
    ['too many columns', `${COLUMNS_101}\n`, 'x.csv', 'validate', 'input: line 1: expected at most 100 different columns, got more'], // prettier-ignore
    [
      'a long name',
      `${'n'.repeat(201)}\n1\n`,
      'x.csv',
      'validate',
      'input: line 1: expected column names of at most 200',
    ],
    ['mostly ragged rows', 'a,b\n1,2\n1\n2\n', 'x.csv', 'validate', 'input: expected at least half of the rows to be right, got 2 wrong rows of 3; first: line 3: expected 2 fields as in the header, got 1'], // prettier-ignore
    ['mostly wrong lines', '{"a":1}\nx\n[]\n', 'x.ndjson', 'validate', 'first: line 2: expected a JSON object, got no valid JSON: "x"'], // prettier-ignore
    ['numbers too far apart', 'a\n1e308\n-1e308\n', 'x.csv', 'transform', 'input: expected numbers near enough to have a spread in column "a"'], // prettier-ignore
  ])('S09: fails at the right stage for %s', async (_what, text, name, stage, message) => {
    const { status, failedStage, stages, totals } = await result(text, name);
    const failed = stages.findIndex(({ status: of }) => of === 'failed');
    expect({ status, failedStage, name: stages[failed]?.name, totals }).toEqual({
      status: 'failed',
      failedStage: stage,
      name: stage,
      totals: undefined,
    });
    expect(stages[failed]?.detail).toContain(message);
    expect(stages.slice(0, failed).every(({ status: of }) => of === 'completed')).toBe(true);
    expect(stages.slice(failed + 1).every(({ status: of }) => of === 'skipped')).toBe(true);
  });

  it('S09: half of the rows wrong is not more than half', async () => {
    expect(await result('a,b\n1,2\n1\n')).toMatchObject({ status: 'completed', totals: { accepted: 1, rejected: 1 } });
  });

  it('S09: works without categories and without numbers', async () => {
    expect(await result('n\n1\n2\n3\n')).toMatchObject({ groupedBy: null, groups: [{ key: null, rows: 3 }] });
    expect(await result('g\nx\ny\nx\ny\n')).toMatchObject({
      groupedBy: 'g',
      groups: [{ rows: 2, statistics: [] }, {}],
    });
    expect(await result('n,e\n5,\n5,\n')).toMatchObject({
      columns: [
        { normalisation: 'none', standardDeviation: 0 },
        { kind: 'text', missing: 2 },
      ],
      groups: [{ statistics: [{ score: 0 }] }],
    });
  });

  it('S09: bounds report and result, however many groups and columns there are', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `n${String(index)}`).join(',');
    const rows = Array.from({ length: 1_600 }, (_, row) => `group ${String(row % 800)}${`,${String(row)}`.repeat(50)}`);
    const outcome = await run(`g,${names}\n${rows.join('\n')}\n`);
    const { totals, groups } = pipelineResult.parse(toResult('x.csv', outcome));
    expect(totals?.groups).toBe(800);
    expect(groups).toHaveLength(20);
    expect(outcome.report?.length).toBeLessThan(MAX_REPORT_LENGTH + 100);
    expect(outcome.report).toContain('The report is cut here');
  });

  it('S09: shows values of the file in the report without obeying their markup', async () => {
    const text = 'g,n\n"<b>|x\ny",1\n"<b>|x\ny",2\n[a](b),3\n[a](b),4\n';
    const { report } = await run(text, 'a_b.csv');
    expect(report).toContain('# Report on a\\_b.csv\n');
    expect(report).toContain('| \\<b\\>\\|x y | 2 | n | 2 | 1.5 |');
    expect(report).toContain('| \\[a\\](b) | 2 | n | 2 | 3.5 |');
  });
});
