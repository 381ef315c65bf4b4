import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../harness/machine.ts';

/** Writes NAME.json and NAME.md: trials to reports/bench, which git ignores, full runs to docs/benchmarks. */
export function writeReport(name: string, report: object, markdown: string, trial: boolean): void {
  const folder = join(ROOT, trial ? 'reports/bench' : 'docs/benchmarks');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(report, rounded, 2)}\n`);
  writeFileSync(join(folder, `${name}.md`), markdown);
  console.log(`\n${markdown}\nwritten to ${relative(process.cwd(), folder)}/${name}.json and .md`);
}

/** Five digits are more than the repeats agree on. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}
