import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../../../test/support/cluster.mjs';
import { NODE, ROOT, run, Running } from '../../../test/support/running.mjs';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
});
afterAll(() => cluster.stop());

const MAIN = `${ROOT}apps/cli/dist/main.js`;
/** Without a terminal: nobody is there to answer questions. */
const mcp = (...words: string[]) => run(NODE, [MAIN, ...words, '--url', cluster.url]);

describe('S13: npm run mcp -- call --task', () => {
  it('follows the task to its result', async () => {
    const { code, stdout, stderr } = await mcp('call', 'slow_compute', 'seconds=2', '--task');
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('Computed for 2 s.');
    expect(stderr).toMatch(/^task working: computing for 2 s \(.+\)$/m);
    expect(stderr).toMatch(/^task completed \(.+\)$/m);
    expect(stderr).toMatch(/· \d+ task states$/m);
  });

  it('without --task the same tool is a plain call', async () => {
    const { code, stdout, stderr } = await mcp('call', 'slow_compute', 'seconds=0.2');
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('Computed for 0.2 s.');
    expect(stderr).not.toContain('task');
  });

  it('tells how a task failed, and what a call without --task lacks', async () => {
    const broken = await mcp('call', 'protocol_error_job', '--task');
    expect(broken.code).toBe(3);
    expect(broken.stderr).toContain('The job broke, as it always does.');
    const failed = await mcp('call', 'failing_job', '--task');
    expect(failed.code).toBe(3);
    expect(failed.stdout).toContain('The job failed, as it always does.');
    const refused = await mcp('call', 'failing_job');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('call it with --task');
  });

  it('says that questions need a terminal', async () => {
    const { code, stderr } = await mcp('call', 'confirm_delete', 'filename=notes.txt', '--task');
    expect(code).toBe(3);
    expect(stderr).toContain('run it on a terminal');
  });

  it('Ctrl-C cancels the task', async () => {
    const client = new Running(NODE, [MAIN, 'call', 'slow_compute', 'seconds=60', '--task', '--url', cluster.url]);
    await client.line((line) => line.startsWith('task working'), { of: 'stderr', what: 'a working task' });
    client.kill('SIGINT');
    expect(await client.end()).toMatchObject({ code: 3 });
    expect(client.stderr.join('\n')).toContain('interrupted: the task was cancelled');
  });
});
