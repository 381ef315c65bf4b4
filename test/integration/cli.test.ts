import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { NODE, ROOT, run } from '../support/running.mjs';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
});
afterAll(() => cluster.stop());

/** As a person runs it. */
const npm = (...words: string[]) => run('npm', ['run', '--silent', 'mcp', '--', ...words]);
/** Without npm, which says nothing about the client and takes a second. */
const mcp = (...words: string[]) => run(NODE, [`${ROOT}apps/cli/dist/main.js`, ...words]);

/** A pseudo-terminal of util-linux; other systems' `script` takes other words. */
const SCRIPT = '/usr/bin/script';
const hasTerminal = process.platform === 'linux' && existsSync(SCRIPT);

describe('S18: npm run mcp', () => {
  it('call run_analysis: progress, the result and timings', async () => {
    const call = ['call', 'run_analysis', 'rows=10000', 'chunkSize=500', '--url', cluster.url];
    const { code, stdout, stderr } = await npm(...call);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^Analysed 10000 rows in [\d.]+ ms \(\d+ rows\/s\)\.$/m);
    for (const category of ['A', 'B', 'C']) expect(stdout).toMatch(new RegExp(`^${category}: \\d+ rows, average`, 'm'));
    expect(stderr).toMatch(/^100 % rows 10000 of 10000 \(\d+ ms\)$/m);
    expect(stderr).toMatch(/^connected in .+ · first event after .+ · total .+ · \d+ progress events$/m);
  });

  it.skipIf(!hasTerminal)('on a terminal: one line with a bar, percent, message and elapsed time', async () => {
    const words = [
      NODE,
      `${ROOT}apps/cli/dist/main.js`,
      'call',
      'echo',
      'text=seen',
      'delayMs=500',
      '--url',
      cluster.url,
    ];
    const { code, stdout } = await run(SCRIPT, ['-qec', words.join(' '), '/dev/null']);
    expect(code).toBe(0);
    // A frame is what is drawn after the line was cleared.
    const frames = stdout.split('\u001b[2K').slice(1);
    const bars = frames.filter((frame) => /^\[█*░*\] {1,3}\d+ % waited \d+ of 500 ms · \d+ ms/.test(frame));
    const shares = bars.map((frame) => Number(/ (\d+) %/.exec(frame)?.[1]));
    expect(new Set(shares).size).toBeGreaterThanOrEqual(3);
    expect(shares).toEqual(shares.toSorted((first, second) => first - second));
    expect(shares.at(-1)).toBe(100);
    // Before the first progress there is no total: a spinner.
    expect(frames.some((frame) => /^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] · \d+ ms/.test(frame))).toBe(true);
    expect(stdout).toContain('seen');
  });

  it.each(['auto', 'modern', 'legacy'])('list and read, era %s', async (era) => {
    const list = await mcp('list', '--era', era, '--url', cluster.url);
    expect(list.code, list.stderr).toBe(0);
    for (const name of ['echo', 'run_analysis', 'test://static-text', 'test_simple_prompt'])
      expect(list.stdout).toContain(name);
    const read = await mcp('read', 'test://static-text', '--era', era, '--url', cluster.url);
    expect(read.code, read.stderr).toBe(0);
    expect(read.stdout).toContain('This is the content of the static text resource.');
  });

  it('--json prints the result and nothing else on stdout', async () => {
    const { code, stdout } = await npm('call', 'run_analysis', 'rows=1000', '--json', '--url', cluster.url);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ structuredContent: { metadata: { rowsProcessed: 1000 } } });
  });

  it('--stdio: the same over a node’s stdin and stdout', async () => {
    const { code, stdout, stderr } = await mcp('call', 'echo', 'text=piped', 'delayMs=250', '--stdio');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('piped');
    expect(stderr).toMatch(/waited \d+ of 250 ms/);
  });

  it('exit codes tell a wrong word, a missing server and a failed tool apart', async () => {
    expect((await mcp('dance')).code).toBe(1);
    expect((await mcp('list', '--url', 'http://127.0.0.1:1/mcp')).code).toBe(2);
    const failed = await mcp('call', 'test_error_handling', '--url', cluster.url);
    expect(failed.code).toBe(3);
    expect(failed.stdout + failed.stderr).toContain('intentionally returns an error');
    const refused = await mcp('call', 'run_analysis', 'rows=1', '--url', cluster.url);
    expect(refused.code).toBe(3);
    expect(refused.stdout + refused.stderr).toContain('rows');
  });
});
