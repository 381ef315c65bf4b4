// `npm test [-- PART…]`: all parts, or those named. The last line is `N passed, N failed`.
// What follows a `--` of its own goes to the part's runner: `node scripts/test.mjs chaos -- --only 2`.
import { existsSync } from 'node:fs';
import { exitWith, run } from './child.mjs';
import { runChecks } from './checks.mjs';
import { readCounts, readVitestCounts, reportFile, settle } from './counts.mjs';
import { ensureBuilt, ensureInstalled, node26 } from './ensure.mjs';
import { at, say } from './paths.mjs';
import { findTool, toolEnvironment } from './toolbox.mjs';

/** In CI everything has to run: what is left out there has failed. */
const CI = process.env.CI === 'true';

const PARTS = {
  check: runChecks,
  unit: () => vitest('unit'),
  integration: () => vitest('integration'),
  conformance: () => runner('conformance'),
  chaos: (flags) => runner('chaos', 'run.ts', flags),
  fuzz: () => vitest('fuzz'),
  load: () => (findTool('k6') === undefined ? leaveOut('load', 'k6 is missing') : smoke()),
  kube: async () => {
    const alone = process.env.KUBECONFIG === undefined && process.getuid?.() !== 0;
    return alone ? leaveOut('kube', 'without KUBECONFIG it starts a cluster of its own, as root') : runner('kube');
  },
};

function leaveOut(part, reason) {
  const line = `LEFT OUT: ${part} — because ${reason}`;
  const rule = '='.repeat(Math.min(line.length, 120));
  say(`\n${rule}\n${line}\n${rule}\n`);
  return { passed: 0, failed: CI ? 1 : 0, skipped: CI ? 0 : 1 };
}

/** The Vitest project of that name. */
async function vitest(project) {
  const report = reportFile(project);
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await run(node26(), [at('node_modules', 'vitest', 'vitest.mjs'), ...args], { env: toolEnvironment() });
  const { left, ...counts } = readVitestCounts(report);
  if (left.length === 0) return settle(counts, code);
  const out = leaveOut(project, `it skipped: ${left.join('; ')}`);
  return settle(
    { ...counts, failed: counts.failed + (out.failed && left.length), skipped: CI ? 0 : left.length },
    code,
  );
}

/** k6's own checks and thresholds decide: any other exit code than 0 is a failure. */
async function smoke() {
  const code = await run(node26(), [at('scripts', 'load.mjs'), 'smoke', '--quiet'], { env: toolEnvironment() });
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

/** test/PART/run.mjs, which writes its counts to REPORT_FILE. */
async function runner(part, file = 'run.mjs', flags = []) {
  const script = at('test', part, file);
  if (!existsSync(script)) {
    say(`${part}: no such file: ${script}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const report = reportFile(part);
  const code = await run(node26(), [script, ...flags], { env: { ...toolEnvironment(), REPORT_FILE: report } });
  return settle(readCounts(report), code);
}

function table(rows) {
  const width = Math.max(...rows.map(([part]) => part.length));
  const line = (part, { passed, failed, skipped }, seconds) =>
    `${part.padEnd(width)}  ${[passed, failed, skipped].map((count) => String(count).padStart(7)).join(' ')}  ${seconds}`;
  return [
    `${'part'.padEnd(width)}   passed  failed skipped  seconds`,
    ...rows.map(([part, counts, ms]) => line(part, counts, (ms / 1000).toFixed(1).padStart(7))),
  ].join('\n');
}

exitWith(async () => {
  const args = process.argv.slice(2);
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const [asked, flags] = [args.slice(0, end), args.slice(end + 1)];
  const unknown = asked.filter((part) => !Object.hasOwn(PARTS, part));
  if (unknown.length > 0) {
    say(`test: expected ${Object.keys(PARTS).join(', ')}, got ${unknown.join(', ')}.`);
    return 1;
  }
  await ensureInstalled();
  const rows = [];
  const buildStarted = performance.now();
  try {
    await ensureBuilt();
  } catch (error) {
    // The other parts still say what they can: an old build may be there, and unit tests need none.
    console.log(error.message);
    rows.push(['build', { passed: 0, failed: 1, skipped: 0 }, performance.now() - buildStarted]);
  }
  for (const part of asked.length === 0 ? Object.keys(PARTS) : asked) {
    console.log(`\n── ${part} ${'─'.repeat(60 - part.length)}`);
    const started = performance.now();
    const counts = await PARTS[part](flags).catch((error) => {
      console.log(error.message);
      return { passed: 0, failed: 1, skipped: 0 };
    });
    rows.push([part, counts, performance.now() - started]);
  }
  const total = (key) => rows.reduce((sum, [, counts]) => sum + counts[key], 0);
  const skipped = total('skipped') > 0 ? `, ${total('skipped')} skipped` : '';
  console.log(`\n${table(rows)}\n\n${total('passed')} passed, ${total('failed')} failed${skipped}`);
  return total('failed') === 0 ? 0 : 1;
});
