import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DoorPath, DoorSite } from '../subjects/door-paths.ts';
import { LOAD_CORE, ROOT, SERVER_CORE } from './machine.ts';
import { checkCall, type Call } from './mcp-call.ts';
import { runOpenLoop } from './open-loop.ts';
import type { BenchOptions } from './options.ts';
import { freePort, PinnedProcess } from './pinned-process.ts';
import { busyShare, coreTime, cpuMicroseconds, residentMebibytes } from './process-usage.ts';
import { runWrk } from './wrk.ts';

/** One run of one path: fresh processes, warmed up, then a fixed rate, then as much as goes through. */
export interface DoorRun {
  /** At the fixed rate, from the moment at which a request was due. */
  fixedP50Ms: number;
  fixedP99Ms: number;
  /** What the load generator's own lateness put into it. */
  generatorLateP50Ms: number;
  /** Shares of the cores in use at the fixed rate: the proxy's, and that of node and load generator. */
  proxyCoreShare: number;
  loadCoreShare: number;
  /** CPU of the proxy for one request at the fixed rate, in microseconds; 0 without a proxy. */
  fixedProxyCpuMicros: number;
  /** With as many requests as the connections let through. */
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** CPU of the proxy for one of those requests, in microseconds; 0 without a proxy. */
  proxyCpuMicros: number;
  proxyRssMiB: number;
}

/** The requests of the first second open the connections and are not counted. */
const SETTLE_SECONDS = 1;

export async function measureDoor(path: DoorPath, options: BenchOptions): Promise<DoorRun> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-cluster-bench-'));
  const running: PinnedProcess[] = [];
  try {
    const [port, nodePort, nodeManagementPort] = [await freePort(), await freePort(), await freePort()];
    const env = { CLUSTER_KEY: randomBytes(32).toString('base64url') };
    const nodeUrl = mcpUrl(nodePort);
    const ready = (url: string) => async () => {
      await checkCall(url, await path.call(url));
    };
    running.push(await PinnedProcess.start(ourNode(nodePort, nodeManagementPort, env), ready(nodeUrl)));
    const site: DoorSite = { port, nodePort, nodeManagementPort, folder, env };
    const url = path.proxy === undefined ? nodeUrl : mcpUrl(port);
    const proxy = path.proxy === undefined ? undefined : await PinnedProcess.start(path.proxy(site), ready(url));
    if (proxy !== undefined) running.unshift(proxy);
    return await measureBoth(url, await path.call(url), proxy?.pid, options);
  } finally {
    for (const each of running) await each.stop();
    rmSync(folder, { recursive: true });
  }
}

async function measureBoth(
  url: string,
  call: Call,
  proxy: number | undefined,
  options: BenchOptions,
): Promise<DoorRun> {
  const { seconds, warmup, connections, rate } = options;
  const proxyCpu = (): number => (proxy === undefined ? 0 : cpuMicroseconds(proxy));
  const flood = { url, call, connections, core: LOAD_CORE };
  if (warmup > 0) await runWrk({ ...flood, seconds: warmup });

  const cores = [coreTime(SERVER_CORE), coreTime(LOAD_CORE)] as const;
  const beforeFixed = proxyCpu();
  const fixed = await runOpenLoop({ url, call, rate, seconds, settleSeconds: SETTLE_SECONDS, connections });
  const fixedProxyCpuMicros = (proxyCpu() - beforeFixed) / (rate * (seconds + SETTLE_SECONDS));
  const proxyCoreShare = busyShare(cores[0], coreTime(SERVER_CORE));
  const loadCoreShare = busyShare(cores[1], coreTime(LOAD_CORE));

  const before = proxyCpu();
  const most = await runWrk({ ...flood, seconds });
  return {
    fixedP50Ms: fixed.p50Ms,
    fixedP99Ms: fixed.p99Ms,
    generatorLateP50Ms: fixed.lateP50Ms,
    proxyCoreShare,
    loadCoreShare,
    fixedProxyCpuMicros,
    requestsPerSecond: most.requestsPerSecond,
    p50Ms: most.p50Ms,
    p99Ms: most.p99Ms,
    proxyCpuMicros: (proxyCpu() - before) / most.requests,
    proxyRssMiB: proxy === undefined ? 0 : residentMebibytes(proxy),
  };
}

function mcpUrl(port: number): string {
  return `http://127.0.0.1:${String(port)}/mcp`;
}

/** The node shares the load's core, so that the proxy has one for itself. */
function ourNode(port: number, managementPort: number, env: Record<string, string>) {
  const main = join(ROOT, 'apps/node/dist/main.js');
  const args = [main, '--port', String(port), '--management-port', String(managementPort)];
  return { command: process.execPath, args, core: LOAD_CORE, env };
}
