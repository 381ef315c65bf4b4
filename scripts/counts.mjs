import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { at } from './paths.mjs';

/** The file that a part writes its counts to, without those of an earlier run. */
export function reportFile(part) {
  mkdirSync(at('reports'), { recursive: true });
  const path = at('reports', `${part}.json`);
  rmSync(path, { force: true });
  return path;
}

/**
 * The counts of a part that ended with `code`. A part that failed without counting a failure, or that counted
 * nothing at all, has failed once: no report is no success.
 */
export function settle(counts, code) {
  const { passed, failed, skipped } = counts;
  if ((code !== 0 && failed === 0) || passed + failed + skipped === 0) return { ...counts, failed: failed + 1 };
  return counts;
}

/** What a runner of our own wrote: `{passed, failed, skipped}`. */
export function readCounts(path) {
  const { passed = 0, failed = 0, skipped = 0 } = readReport(path) ?? {};
  return { passed, failed, skipped };
}

/** What Vitest's JSON reporter wrote. `left` names each test that was skipped. */
export function readVitestCounts(path) {
  const report = readReport(path);
  if (report === undefined) return { passed: 0, failed: 0, skipped: 0, left: [] };
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const left = tests.filter(({ status }) => !['passed', 'failed'].includes(status)).map(({ fullName }) => fullName);
  // A file that cannot be loaded, or whose set-up failed, has failed without a test that says so.
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: left.length,
    left,
  };
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // it did not get as far as writing one
  }
}
