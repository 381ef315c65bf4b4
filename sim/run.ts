/**
 * `npm run sim [-- --seed N] [-- --only TEXT]`: puts the balancing policies through all scenarios on virtual time. Without
 * options it writes docs/benchmarks/balancing.md and .json, with them only to the terminal.
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheMarkdown, cacheReport } from './cache-report.ts';
import { CACHE_SCENARIOS } from './cache-scenarios.ts';
import { balancingMarkdown, balancingReport } from './report.ts';
import { SCENARIOS } from './scenarios.ts';

const SEED = 20_261_121;
const REPORTS = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs', 'benchmarks');

const { values } = parseArgs({ options: { seed: { type: 'string' }, only: { type: 'string', default: '' } } });
const seed = Number(values.seed ?? SEED);
if (!Number.isInteger(seed)) throw new RangeError(`--seed: expected an integer, got ${String(values.seed)}`);
const wanted = ({ name }: { readonly name: string }): boolean => name.includes(values.only);
const scenarios = SCENARIOS.filter(wanted);
const cacheScenarios = CACHE_SCENARIOS.filter(wanted);
if (scenarios.length + cacheScenarios.length === 0)
  throw new RangeError(`--only: no scenario has ${JSON.stringify(values.only)} in its name`);

const report = { ...balancingReport(scenarios, seed), caches: cacheReport(cacheScenarios, seed) };
const markdown = [balancingMarkdown(report), cacheMarkdown(report.caches)].join('\n');
console.log(markdown);
if (seed === SEED && values.only === '') {
  const rounded = (_key: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
  writeFileSync(join(REPORTS, 'balancing.json'), `${JSON.stringify(report, rounded, 2)}\n`);
  writeFileSync(join(REPORTS, 'balancing.md'), markdown);
  console.log('written to docs/benchmarks/balancing.json and .md');
}
