import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { expectRisingTo, type SeenProgress } from '../support/progress-checks.js';
import { python } from '../support/python.mjs';
import { ROOT, run } from '../support/running.mjs';

const MODES = [
  { mode: 'auto', revision: '2026-07-28' },
  { mode: '2026-07-28', revision: '2026-07-28' },
  { mode: 'legacy', revision: '2025-11-25' },
];

interface Answer {
  readonly tools: string[];
  readonly progress: SeenProgress[];
}

const inCi = process.env['CI'] === 'true';
if (python === undefined && !inCi)
  console.warn(
    '\n!!! SKIPPED: no Python with the `mcp` package. `npm run tools` installs it; with CI=true this fails.\n',
  );

it.runIf(inCi)('the Python client is there, because CI has to run it', () => {
  expect(python, 'a Python with the `mcp` package: npm run tools').toBeDefined();
});

describe.skipIf(python === undefined)('S19: the Python client', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 2 });
  });
  afterAll(() => cluster.stop());

  it.each(MODES)('$mode: lists, calls, streams, answers and reads, through the manager', async ({ mode, revision }) => {
    const { code, stdout, stderr } = await run(python ?? '', [
      `${ROOT}test/support/python_client.py`,
      cluster.url,
      mode,
    ]);
    expect(code, stderr).toBe(0);
    const answer = JSON.parse(stdout.split('\n').at(-1) ?? '') as Answer;
    expect(answer).toMatchObject({
      revision,
      echo: 'hello',
      slow: 'slow',
      rows: 10_000,
      asked: 'Hello, Ada!',
      resource: 'This is the content of the static text resource.',
    });
    expect(answer.tools).toEqual(expect.arrayContaining(['echo', 'run_analysis', 'analyze_dataset']));
    expect(answer.progress.length).toBeGreaterThanOrEqual(3);
    expectRisingTo(600, answer.progress);
  });
});
