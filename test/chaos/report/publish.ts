import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ROOT } from '../../support/running.mjs';
import type { ExperimentReport } from './report.ts';
import { markdownTable } from './tables.ts';

const DOCUMENT = join(ROOT, 'docs', 'reliability.md');
const BEGIN = '<!-- measured: begin -->';
const END = '<!-- measured: end -->';

export interface PublishedReport {
  readonly round: string;
  readonly seed: number;
  readonly takenAt: string;
  readonly experiments: readonly ExperimentReport[];
}

/** Writes the table of a run between the two marks of docs/reliability.md, as the format check wants it. */
export async function publish(report: PublishedReport): Promise<void> {
  const document = withTable(readFileSync(DOCUMENT, 'utf8'), report);
  const style = await resolveConfig(DOCUMENT);
  writeFileSync(DOCUMENT, await format(document, { ...style, filepath: DOCUMENT }));
}

/** @throws when the document has not both marks, in their order */
export function withTable(document: string, { round, seed, takenAt, experiments }: PublishedReport): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`docs/reliability.md: expected ${BEGIN} and then ${END}`);
  const repetitions = Math.max(0, ...experiments.map((one) => one.repetitions));
  const told = `Taken ${takenAt.slice(0, 10)}: the ${round} round, seed ${seed}, each ${repetitions === 1 ? 'once' : `${repetitions} times`}.`;
  const table = `${BEGIN}\n\n${told}\n\n${markdownTable(experiments)}\n\n`;
  return document.slice(0, begin) + table + document.slice(end);
}
