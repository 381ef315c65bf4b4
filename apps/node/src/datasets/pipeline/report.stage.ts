import type { Aggregated, GroupStatistics } from './aggregate.stage.js';
import type { Fetched } from './fetch.stage.js';
import { heading, inline, tableHead, tableRow } from './markdown.js';
import type { Advance, StageReport, StageResult } from './stage-runner.js';
import type { Transformed } from './transform.stage.js';
import type { Validated } from './validate.stage.js';

/** Group and column pairs in the answer: some hundred bytes each. All are computed, the largest groups are shown. */
export const MAX_SHOWN_STATISTICS = 1_000;

/** Characters of the text, at most: what a model reads at once. The structured result has the rest. */
export const MAX_REPORT_LENGTH = 65_536;

/** Lines written between two turns for others. */
const CHUNK_LINES = 100;

export interface Reportable {
  readonly name: string;
  readonly fetched: Pick<Fetched, 'bytes' | 'checksum'>;
  readonly validated: Validated;
  readonly problems: readonly string[];
  readonly transformed: Transformed;
  readonly aggregated: Aggregated;
  /** Of the stages before this one. */
  readonly stages: readonly StageReport[];
}

/** The work as a Markdown text of bounded size. */
export async function renderReport(from: Reportable, advance: Advance): Promise<StageResult<string>> {
  const expected = countLines(from);
  const written: string[] = [];
  let length = 0;
  for (const line of lines(from)) {
    length += line.length + 1;
    if (length > MAX_REPORT_LENGTH) {
      written.push('', `The report is cut here, at ${String(MAX_REPORT_LENGTH)} characters.`);
      break;
    }
    written.push(line);
    if (written.length % CHUNK_LINES === 0)
      await advance(written.length / expected, `${String(written.length)} of ${String(expected)} lines`);
  }
  await advance(1, 'written');
  const text = `${written.join('\n')}\n`;
  return { value: text, detail: `${String(written.length)} lines of Markdown` };
}

/** The groups that an answer has room for. */
export function shownGroups({ groups }: Aggregated): Aggregated['groups'] {
  const columns = groups[0]?.statistics.length ?? 0;
  return groups.slice(0, Math.max(Math.floor(MAX_SHOWN_STATISTICS / Math.max(columns, 1)), 1));
}

function* lines(from: Reportable): Generator<string, void, undefined> {
  yield* overview(from);
  yield* stageTable(from);
  yield* columnTable(from);
  yield* groupTable(from);
  yield* problemList(from);
}

/** About: enough to say how far the writing is. */
function countLines({ stages, validated, aggregated, problems }: Reportable): number {
  const statistics = shownGroups(aggregated).reduce((sum, group) => sum + group.statistics.length, 0);
  return 30 + stages.length + validated.columns.length + statistics + problems.length;
}

function* overview({ name, fetched, validated, aggregated }: Reportable): Generator<string> {
  const { accepted, rejected } = validated;
  const { groups, groupedBy } = aggregated;
  yield `# Report on ${inline(name)}`;
  yield '';
  yield `- ${String(accepted)} of ${String(accepted + rejected)} rows accepted, ${String(rejected)} rejected`;
  yield groupedBy === null
    ? '- no column groups the rows'
    : `- ${String(groups.length)} groups by ${inline(groupedBy)}`;
  yield `- ${String(fetched.bytes)} bytes, SHA-256 ${fetched.checksum}`;
}

function* stageTable({ stages }: Reportable): Generator<string> {
  yield* tableHead('Stages before this report', ['stage', 'weight', 'milliseconds', 'work']);
  for (const { name, weight, durationMs, detail } of stages) {
    if (name !== 'report') yield tableRow([name, String(weight), durationMs.toFixed(1), detail]);
  }
}

function* columnTable({ validated, transformed }: Reportable): Generator<string> {
  const notes = describeColumns(transformed);
  yield* tableHead('Columns', ['column', 'kind', 'missing', 'values']);
  for (const { name, kind, missing } of validated.columns)
    yield tableRow([name, kind, String(missing), notes.get(name) ?? '']);
}

function describeColumns({ numeric, categories, timestamps, texts }: Transformed): Map<string, string> {
  const notes = new Map<string, string>();
  for (const { column, method, mean, standardDeviation, present } of numeric) {
    const spread = `mean ${short(mean)}, standard deviation ${short(standardDeviation)}, scores: ${method}`;
    notes.set(column.name, present === 0 ? 'none' : spread);
  }
  for (const { column, labels } of categories) notes.set(column.name, `${String(labels.length)} different`);
  for (const { column, earliest, latest } of timestamps)
    notes.set(column.name, `${earliest ?? '–'} to ${latest ?? '–'}`);
  for (const { column, longest } of texts) notes.set(column.name, `up to ${String(longest)} characters`);
  return notes;
}

function* groupTable({ aggregated }: Reportable): Generator<string> {
  const shown = shownGroups(aggregated);
  const title = aggregated.groupedBy === null ? 'All rows' : `Groups by ${aggregated.groupedBy}`;
  yield* tableHead(title, ['group', 'rows', 'column', 'count', 'mean', 'min', 'p50', 'p95', 'max', 'score']);
  for (const { key, rows, statistics } of shown) {
    const group = [key ?? '(none)', String(rows)];
    for (const numbers of statistics) yield tableRow([...group, numbers.column, ...row(numbers)]);
    if (statistics.length === 0) yield tableRow([...group, '–', '0', ...Array<string>(6).fill('–')]);
  }
  const hidden = aggregated.groups.length - shown.length;
  if (hidden === 0) return;
  yield '';
  yield `${String(hidden)} smaller groups are left out.`;
}

function* problemList({ problems, validated }: Reportable): Generator<string> {
  if (problems.length === 0) return;
  yield* heading(`First ${String(problems.length)} of ${String(validated.rejected)} rejected rows`);
  for (const problem of problems) yield `- ${inline(problem)}`;
}

function row({ count, mean, min, p50, p95, max, score }: GroupStatistics): string[] {
  return [String(count), ...[mean, min, p50, p95, max, score].map((value) => (value === null ? '–' : short(value)))];
}

/** Six digits are enough for people; the structured result has all of them. */
function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}
