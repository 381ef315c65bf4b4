import { LOG_LEVELS, NO_LEVEL } from './log-level.js';
import { timestampOf } from './log-timestamp.js';
import type { Overview } from './text-file.reader.js';

/** What is said of a log that is too large to be given whole: what happens in it, when, and its last lines. */
export function describeLog(overview: Overview): string {
  const { counts, firstLines, lastLines } = overview;
  const levels = LOG_LEVELS.map((level, place) => `${level} ${count(counts.levels[place] ?? 0)}`);
  const first = firstTimestamp(firstLines) ?? `none in the first ${firstLines.length} lines`;
  const last = firstTimestamp(lastLines.toReversed()) ?? `none in the last ${lastLines.length} lines`;
  return [
    ...opening(overview),
    `Lines by level: ${levels.join(', ')}; without one ${count(counts.levels[NO_LEVEL] ?? 0)}.`,
    `First timestamp: ${first}`,
    `Last timestamp: ${last}`,
    '',
    `The last ${lastLines.length} lines:`,
    ...lastLines,
  ].join('\n');
}

/** What is said of a data file that is too large to be given whole: its size and its beginning. */
export function describeData(overview: Overview): string {
  const [header, ...rows] = overview.firstLines;
  return [
    ...opening(overview),
    `First line (the header of a table): ${header ?? ''}`,
    '',
    `The next ${rows.length} lines:`,
    ...rows,
  ].join('\n');
}

function opening({ name, uri, size, counts, parts }: Overview): string[] {
  const { longest } = counts;
  const half = Math.floor(parts.linked / 2);
  const linked =
    parts.linked === parts.count
      ? `all ${count(parts.count)} parts`
      : `the first ${half} and the last ${parts.linked - half} of ${count(parts.count)} parts`;
  return [
    `${name}: ${count(size)} bytes, ${count(counts.lines)} lines. Files above ${count(parts.bytes)} bytes are summarised.`,
    `${uri}?bytes=START-END gives the bytes from START to END, at most ${count(parts.bytes)}; links to ${linked} follow.`,
    `Longest line: ${count(longest.bytes)} bytes (line ${count(longest.line)})`,
  ];
}

function firstTimestamp(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const timestamp = timestampOf(line);
    if (timestamp !== undefined) return timestamp;
  }
  return undefined;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
