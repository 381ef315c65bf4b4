import { join } from 'node:path';
import { LOAD_CORE, ROOT } from '../harness/machine.ts';
import { statelessCall } from '../harness/mcp-call.ts';
import { runWrk } from '../harness/wrk.ts';
import { startCluster } from '../../test/support/cluster.mjs';
import { statelessRequest } from './mcp-requests.ts';

const TOOLS = join(ROOT, 'test/support/tools');
const CONNECTIONS = 1_000;

export interface ReadRun {
  readonly what: 'echo' | 'cached resources/read' | 'cached tools/call';
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

export interface ReadPlan {
  readonly seconds: number;
  readonly warmup: number;
  readonly repeats: number;
}

/** A thousand connections to a cluster of three nodes: `echo` and cached answers of about its size, in turn. */
export async function measureReads({ seconds, warmup, repeats }: ReadPlan, redisUrl: string): Promise<ReadRun[]> {
  const cluster = await startCluster({
    nodes: 3,
    fixtures: false,
    args: ['--redis', redisUrl, '--redis-prefix', 'reads:'],
    env: { TOOLS_DIR: TOOLS },
  });
  try {
    const calls = [
      { what: 'echo', call: statelessCall() },
      { what: 'cached resources/read', call: statelessRequest('resources/read', { uri: 'lookup://r' }, '"text":"r ') },
      {
        what: 'cached tools/call',
        call: statelessRequest('tools/call', { name: 'lookup', arguments: { key: 't' } }, '"text":"t '),
      },
    ] as const;
    const run = { url: cluster.url, connections: CONNECTIONS, core: LOAD_CORE };
    for (const { call } of calls) await runWrk({ ...run, call, seconds: warmup });
    const runs: ReadRun[] = [];
    for (let repeat = 0; repeat < repeats; repeat += 1)
      for (const { what, call } of calls) {
        const { requestsPerSecond, p50Ms, p95Ms, p99Ms } = await runWrk({ ...run, call, seconds });
        runs.push({ what, requestsPerSecond, p50Ms, p95Ms, p99Ms });
      }
    return runs;
  } finally {
    await cluster.stop();
  }
}
