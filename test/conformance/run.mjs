// The official conformance suite against a real cluster, through the manager: `npm run test:conformance`.
//   node test/conformance/run.mjs [--revision 2026-07-28|2025-11-25] [--cluster memory|redis]
// No expected failures: every scored scenario passes without a failure or a warning, and none is missing.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { NODE, ROOT, run } from '../support/running.mjs';
import { CLUSTERS } from './clusters.mjs';

const SUITE = `${ROOT}node_modules/.bin/conformance`;
const SUITE_TIMEOUT_MS = 180_000;

/** All of the tasks extension's but `tasks-status-notifications`, which skips itself until the suite has rewritten it. */
const TASKS = [
  'lifecycle',
  'capability-negotiation',
  'dispatch-and-envelope',
  'mrtr-composition',
  'mrtr-input',
  'request-headers',
  'request-state-removal',
  'required-task-error',
  'wire-fields',
].map((name) => `tasks-${name}`);

/** What the suite of 0.2.0-alpha.12 scores for each revision, and what must pass although it is not scored. */
const REVISIONS = [
  {
    revision: '2026-07-28',
    scored: 37,
    alsoRequired: ['json-schema-2020-12', 'http-header-validation', 'http-custom-header-server-validation', ...TASKS],
  },
  {
    revision: '2025-11-25',
    scored: 30,
    alsoRequired: ['json-schema-2020-12', 'server-session-lifecycle', 'server-sse-polling'],
  },
];

const WANTED = flag('--revision');
const WANTED_CLUSTER = flag('--cluster');
const totals = { passed: 0, failed: 0, skipped: 0 };

for (const { name, what, times, start } of CLUSTERS) {
  if (WANTED_CLUSTER !== undefined && WANTED_CLUSTER !== name) continue;
  const { cluster, seen, stop } = await start();
  try {
    console.log(`\nconformance: ${cluster.url}, ${what}`);
    const wanted = REVISIONS.filter(({ revision }) => WANTED === undefined || WANTED === revision);
    for (let turn = 1; turn <= times; turn += 1)
      for (const requirements of wanted) await check(cluster.url, requirements);
    for (const problem of seen()) {
      console.log(`FAILED ${name}: ${problem}`);
      totals.failed += 1;
    }
  } finally {
    await stop();
  }
}
if (process.env.REPORT_FILE) writeFileSync(process.env.REPORT_FILE, `${JSON.stringify(totals)}\n`);
console.log(`conformance: ${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} open`);
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;

async function check(url, { revision, scored, alsoRequired }) {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  try {
    const args = [SUITE, 'server', '--url', url, '--requirements', revision, '-o', folder];
    const { code, stdout, stderr } = await run(NODE, args, { withinMs: SUITE_TIMEOUT_MS });
    const unscored = unscoredScenarios(stdout);
    const results = scenarios(stdout, folder);
    const problems = code === 0 ? [] : [`the suite ended with exit code ${code}`];

    const ofScore = results.filter(({ name }) => !unscored.has(name));
    if (ofScore.length !== scored) problems.push(`${ofScore.length} scored scenarios ran, expected ${scored}`);
    const required = [...ofScore, ...results.filter(({ name }) => alsoRequired.includes(name))];
    for (const name of alsoRequired)
      if (!results.some((result) => result.name === name)) problems.push(`${name} did not run`);
    for (const result of required)
      for (const problem of problemsOf(result)) problems.push(`${result.name}: ${problem}`);

    const open = results.filter((result) => !required.includes(result));
    report(revision, { scored, ofScore, required, open, unscored });
    if (problems.length > 0) console.log(`\n${stdout.slice(-8000)}\n${stderr.slice(-2000)}`);
    for (const problem of problems) console.log(`FAILED ${revision} ${problem}`);
    const good = required.filter((result) => problemsOf(result).length === 0).length;
    totals.passed += good;
    // A problem of the whole run (a missing scenario, the exit code) counts as one more.
    totals.failed += Math.max(required.length - good, problems.length > 0 ? 1 : 0);
    totals.skipped += open.filter((result) => problemsOf(result).length > 0).length;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every failed check and every warning: the suite itself counts both against a scenario when it keeps a baseline. */
function problemsOf({ summary, checks }) {
  const bad = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
  const told = bad.map(
    ({ status, id, errorMessage, description }) => `${status} ${id}: ${errorMessage ?? description}`,
  );
  if (told.length > 0) return told;
  if (summary === '✗') return ['the suite says that it failed'];
  return checks.some(({ status }) => status === 'SUCCESS') ? [] : ['no check of it passed: nothing was tested'];
}

function report(revision, { scored, ofScore, required, open, unscored }) {
  const passed = (results) => results.filter((result) => problemsOf(result).length === 0).length;
  console.log(`\n${revision}: scored ${passed(ofScore)} of ${scored} passed`);
  const also = required.filter(({ name }) => unscored.has(name));
  console.log(`${revision}: not scored, required here: ${passed(also)} of ${also.length} passed (${names(also)})`);
  const [done, notYet] = [
    open.filter((one) => problemsOf(one).length === 0),
    open.filter((one) => problemsOf(one).length > 0),
  ];
  if (done.length > 0) console.log(`${revision}: not scored, without a failure: ${names(done)}`);
  if (notYet.length > 0) console.log(`${revision}: not scored, open: ${names(notYet)}`);
  for (const { name, checks } of [...ofScore, ...also, ...open])
    for (const { status, id, errorMessage, description } of checks)
      if (status === 'WARNING') console.log(`${revision}: !!! WARNING ${name}/${id}: ${errorMessage ?? description}`);
}

function names(results) {
  return results.map(({ name }) => name).join(', ');
}

/** The scenarios that ran: name, the suite's own verdict, and the checks that it wrote down. */
function scenarios(stdout, folder) {
  const summary = stdout.slice(stdout.indexOf('=== SUMMARY ==='));
  const lines = [...summary.matchAll(/^([✓✗]) ([\w-]+): \d+ passed, \d+ failed/gm)];
  return lines.map(([, mark, name]) => ({ name, summary: mark, checks: checksOf(folder, name) }));
}

/** A scenario without a file of checks ran into an error of its own: the summary then says so. */
function checksOf(folder, name) {
  const entry = readdirSync(folder).find(
    (one) => one.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT.*$/, '') === name,
  );
  return entry === undefined ? [] : JSON.parse(readFileSync(join(folder, entry, 'checks.json'), 'utf8'));
}

function unscoredScenarios(stdout) {
  const from = stdout.indexOf('Not scored for');
  if (from === -1) return new Set();
  return new Set([...stdout.slice(from).matchAll(/^ {2}[✓✗] ([\w-]+) \(/gm)].map(([, name]) => name));
}

function flag(name) {
  const at = process.argv.indexOf(name);
  return at === -1 ? undefined : process.argv[at + 1];
}
