import { LOAD_CORE, SERVER_CORE } from './machine.ts';
import { checkCall, checkToolCount, type Call } from './mcp-call.ts';
import type { BenchOptions } from './options.ts';
import { freePort, PinnedProcess } from './pinned-process.ts';
import { cpuMicroseconds, residentMebibytes } from './process-usage.ts';
import { runWrk } from './wrk.ts';
import type { Subject } from '../subjects/subject.ts';

/** One run of one subject: a fresh process, warmed up, then measured. */
export interface Run {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** CPU of the server for one request, in microseconds. */
  cpuMicros: number;
  rssMiB: number;
  /** Shares of their core that server and load generator used: the server's should be near 1, the other's below. */
  serverShare: number;
  generatorShare: number;
}

/** Starts a subject once and looks at its answers: what is broken shows before anything is measured. */
export async function trySubject(subject: Subject): Promise<void> {
  const { server } = await startSubject(subject);
  await server.stop();
}

export async function measureSubject(subject: Subject, options: BenchOptions): Promise<Run> {
  const { server, url, call } = await startSubject(subject);
  try {
    const load = { url, call, connections: options.connections, core: LOAD_CORE };
    if (options.warmup > 0) await runWrk({ ...load, seconds: options.warmup });
    const cpuBefore = cpuMicroseconds(server.pid);
    const result = await runWrk({ ...load, seconds: options.seconds });
    const cpuMicros = (cpuMicroseconds(server.pid) - cpuBefore) / result.requests;
    const { requestsPerSecond, p50Ms, p99Ms, generatorShare } = result;
    const serverShare = (cpuMicros * requestsPerSecond) / 1e6;
    const rssMiB = residentMebibytes(server.pid);
    return { requestsPerSecond, p50Ms, p99Ms, cpuMicros, rssMiB, serverShare, generatorShare };
  } finally {
    await server.stop();
  }
}

async function startSubject(subject: Subject): Promise<{ server: PinnedProcess; url: string; call: Call }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}/mcp`;
  const launch = { command: subject.command, args: [...subject.args, '--port', String(port)], core: SERVER_CORE };
  const server = await PinnedProcess.start(launch, async () => {
    await checkCall(url, await subject.call(url));
  });
  try {
    const call = await subject.call(url);
    if (subject.tools !== undefined) await checkToolCount(url, call, subject.tools);
    return { server, url, call };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
