import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { NODE, ROOT, run } from '../support/running.mjs';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
});
afterAll(() => cluster.stop());

async function inspect(era: string, ...args: string[]) {
  const launcher = `${ROOT}node_modules/.bin/mcp-inspector`;
  const target = ['--cli', cluster.url, '--transport', 'http', '--protocol-era', era];
  const { code, stdout, stderr } = await run(NODE, [launcher, ...target, '--format', 'json', ...args]);
  return { code, stdout, stderr };
}

describe.each(['modern', 'legacy', 'auto'])('S19: the Inspector’s CLI, %s, through the manager', (era) => {
  it('lists the tools', async () => {
    const { code, stdout, stderr } = await inspect(era, '--method', 'tools/list');
    expect(code, stderr).toBe(0);
    const names = [...stdout.matchAll(/"name": ?"([\w-]+)"/g)].map(([, name]) => name);
    expect(names).toEqual(expect.arrayContaining(['echo', 'run_analysis', 'analyze_dataset']));
  });

  it('calls a tool', async () => {
    const call = ['--method', 'tools/call', '--tool-name', 'run_analysis', '--tool-arg', 'rows=1000'];
    const { code, stdout, stderr } = await inspect(era, ...call);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/"rowsProcessed": ?1000/);
  });

  it('tells of a tool’s error by its exit code', async () => {
    const { code } = await inspect(era, '--method', 'tools/call', '--tool-name', 'test_error_handling');
    expect(code).toBe(5);
  });

  it('reads a resource', async () => {
    const { code, stdout, stderr } = await inspect(era, '--method', 'resources/read', '--uri', 'test://static-text');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('This is the content of the static text resource.');
  });
});
