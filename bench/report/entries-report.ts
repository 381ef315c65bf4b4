import type { EntryRun } from '../entries/codec.ts';
import type { CompressorRun } from '../entries/compressors.ts';
import type { FormatRun } from '../entries/formats.ts';
import type { Machine } from '../harness/machine.ts';
import { significant, type Spread } from '../harness/statistics.ts';
import { table, yesNo } from './markdown.ts';

/** What was measured; a part that was not asked for is missing. */
export interface EntriesMeasured {
  entries?: EntryRun[];
  compressors?: CompressorRun[];
  formats?: FormatRun[];
  /** Packages of bench/peers that are not installed. */
  missing: readonly string[];
}

export interface EntriesReach {
  says: string;
  target: string;
  value: number;
  reached: boolean;
}

export interface EntriesReport extends EntriesMeasured {
  benchmark: 'entries';
  takenAt: string;
  machine: Machine;
  reaches: EntriesReach[];
}

/** Up to here an entry is not compressed: most results are that small. */
const SMALL_CHARACTERS = 1_024;
/** What Redis is given of one entry (P06). */
const MOST_BYTES = 1_000_000;

/** Sizes in which compressors are compared, in bytes: below, a class ends. */
const CLASSES = [
  { name: 'below 1 kB', below: 1_024 },
  { name: '1 to 10 kB', below: 10_240 },
  { name: '10 to 100 kB', below: 102_400 },
  { name: 'above 100 kB', below: Infinity },
];

export interface ClassRow {
  size: string;
  compressor: string;
  /** All bytes before, by all bytes after. */
  ratio: number;
  inNanosAByte: number;
  outNanosAByte: number;
  /** Microseconds of one answer, in the mean. */
  inMicros: number;
  outMicros: number;
}

export function entriesReport(
  measured: EntriesMeasured,
  context: { takenAt: string; machine: Machine },
): EntriesReport {
  return { benchmark: 'entries', ...context, ...measured, reaches: reachesOf(measured) };
}

function reachesOf({ entries = [], compressors = [] }: EntriesMeasured): EntriesReach[] {
  const reaches: EntriesReach[] = [];
  const small = entries.filter(({ characters }) => characters < SMALL_CHARACTERS);
  const most = (runs: readonly EntryRun[], of: (run: EntryRun) => number): number => Math.max(...runs.map(of));
  if (small.length > 0) {
    reaches.push(below('a small text entry written, µs', 5, most(small, (run) => run.encodeMicros.median))); // prettier-ignore
    reaches.push(below('a small text entry read, µs', 5, most(small, (run) => run.decodeMicros.median))); // prettier-ignore
  }
  if (entries.length > 0) {
    reaches.push(below('event loop held while an entry is written, ms', 1, most(entries, (run) => run.encodeHeldMs))); // prettier-ignore
    reaches.push(below('event loop held while an entry is read, ms', 1, most(entries, (run) => run.decodeHeldMs))); // prettier-ignore
    reaches.push(
      below(
        'the largest entry, bytes',
        MOST_BYTES,
        most(entries, ({ bytes }) => bytes),
      ),
    );
  }
  if (compressors.length > 0) {
    const large = byClass(compressors).filter(({ size }) => size === 'above 100 kB');
    const chosen = large.find(({ compressor }) => compressor === 'zstd 1');
    const smallest = Math.max(...large.map(({ ratio }) => ratio));
    if (chosen !== undefined)
      reaches.push(below('the best ratio above 100 kB, by that of zstd 1', 1.25, smallest / chosen.ratio));
  }
  return reaches;
}

function below(says: string, bound: number, value: number): EntriesReach {
  return { says, target: `< ${String(bound)}`, value, reached: value < bound };
}

/** The compressors by size of answer: every byte counts alike. */
export function byClass(runs: readonly CompressorRun[]): ClassRow[] {
  const names = [...new Set(runs.map(({ compressor }) => compressor))];
  return CLASSES.flatMap(({ name: size, below: most }, at) => {
    const least = CLASSES[at - 1]?.below ?? 0;
    return names.flatMap((compressor) => {
      const of = runs.filter((run) => run.compressor === compressor && run.bytes >= least && run.bytes < most);
      if (of.length === 0) return [];
      const sum = (value: (run: CompressorRun) => number): number => of.reduce((total, run) => total + value(run), 0);
      const [before, into, out] = [sum(({ bytes }) => bytes), sum((run) => run.inMicros), sum((run) => run.outMicros)];
      return {
        size,
        compressor,
        ratio: before / sum(({ bytes, ratio }) => bytes / ratio),
        inNanosAByte: (into * 1_000) / before,
        outNanosAByte: (out * 1_000) / before,
        inMicros: into / of.length,
        outMicros: out / of.length,
      };
    });
  });
}

/** The report as a page for people; everything in it is also in the JSON. */
export function entriesMarkdown(report: EntriesReport): string {
  const { machine, reaches, entries = [], compressors = [], formats = [], missing } = report;
  const three = (value: number): string => String(significant(value, 3));
  const middle = (value: Spread): string => `**${three(value.median)}** (${three(value.min)} … ${three(value.max)})`;
  return [
    '# Entries: what the cache keeps outside the process\n',
    'Made by `npm run bench -- entries` from entries.json; how it is measured stands in README.md.\n',
    `${report.takenAt}; ${machine.cpu}, ${String(machine.cores)} cores, ${String(machine.memoryMiB)} MiB, Linux ${machine.kernel}, Node ${machine.node}. ` +
      'The values are answers of the product’s own tools and resources.\n',
    ...(missing.length === 0 ? [] : [`Not measured, since bench/peers does not have them: ${missing.join(', ')}.\n`]),
    '## What we reach for\n',
    table(['what', 'target', 'measured', 'reached'], reaches.map(({ says, target, value, reached }) => [says, target, three(value), yesNo(reached)])), // prettier-ignore
    '## Entries: text of a result, as it is kept\n',
    table(['value', 'characters', 'bytes', 'write, µs', 'read, µs', 'head only, µs', 'loop held writing, ms', 'reading, ms'], entries.map((run) => [run.sample, String(run.characters), String(run.bytes), middle(run.encodeMicros), middle(run.decodeMicros), middle(run.metaMicros), three(run.encodeHeldMs), three(run.decodeHeldMs)])), // prettier-ignore
    '## Compressors by size of answer\n',
    table(['size', 'compressor', 'ratio', 'in, µs an answer', 'out, µs', 'in, ns a byte', 'out, ns a byte'], byClass(compressors).map((row) => [row.size, row.compressor, three(row.ratio), three(row.inMicros), three(row.outMicros), three(row.inNanosAByte), three(row.outNanosAByte)])), // prettier-ignore
    '## Formats: values that are no text\n',
    table(['value', 'format', 'bytes', 'after zstd 1', 'write, µs', 'read, µs'], formats.map((run) => [run.value, run.chosen ? `**${run.format}**` : run.format, String(run.bytes), String(run.compressedBytes), three(run.writeMicros), three(run.readMicros)])), // prettier-ignore
  ].join('\n');
}
