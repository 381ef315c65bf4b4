import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCounts, readVitestCounts, settle } from '../../scripts/counts.mjs';

const folder = mkdtempSync(join(tmpdir(), 'counts-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The path of a report with that content. */
function report(content: unknown): string {
  const path = join(folder, 'report.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** As Vitest's JSON reporter writes a file of tests. */
function file(status: string, ...tests: string[]): object {
  const assertionResults = tests.map((test, index) => ({ status: test, fullName: `test ${String(index)}` }));
  return { status, assertionResults };
}

describe('the counts of a part', () => {
  it('stay as they are when its exit code agrees', () => {
    expect(settle({ passed: 3, failed: 0, skipped: 1 }, 0)).toEqual({ passed: 3, failed: 0, skipped: 1 });
    expect(settle({ passed: 3, failed: 2, skipped: 0 }, 1)).toEqual({ passed: 3, failed: 2, skipped: 0 });
  });

  it('have a failure when the part failed without counting one', () => {
    expect(settle({ passed: 3, failed: 0, skipped: 0 }, 1).failed).toBe(1);
  });

  it('have a failure when nothing at all ran', () => {
    expect(settle(readCounts(join(folder, 'missing.json')), 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(settle(readCounts(report('{"passed": 1')), 0).failed).toBe(1);
  });
});

describe("the counts of Vitest's report", () => {
  it('name the skipped tests', () => {
    const path = report({
      numPassedTests: 1,
      numFailedTests: 1,
      testResults: [file('failed', 'passed', 'failed', 'skipped')],
    });
    expect(readVitestCounts(path)).toEqual({ passed: 1, failed: 1, skipped: 1, left: ['test 2'] });
  });

  it('have a failure for a file that could not be loaded', () => {
    const path = report({
      numPassedTests: 1,
      numFailedTests: 0,
      testResults: [file('passed', 'passed'), file('failed')],
    });
    expect(readVitestCounts(path).failed).toBe(1);
  });
});
