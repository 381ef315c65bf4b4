import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { systemClock } from '@mcp-cluster/kernel';
import type { Call } from './mcp-call.ts';
import { cpuMicroseconds } from './process-usage.ts';

/** What wrk saw in one run. Every answer was looked at. */
export interface WrkResult {
  requests: number;
  requestsPerSecond: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** Share of its core that wrk used: near 1 it was wrk that limited the server. */
  generatorShare: number;
}

export interface WrkRun {
  url: string;
  call: Call;
  seconds: number;
  connections: number;
  core: number;
}

interface ScriptReport {
  requests: number;
  durationUs: number;
  p50Us: number;
  p95Us: number;
  p99Us: number;
  checked: number;
  wrong: number;
  socketErrors: number;
  sample: string;
}

/** /proc is read while wrk still runs, since nothing is left of it afterwards. */
const USAGE_EVERY_MS = 100;

/** Runs wrk once. @throws when any answer was wrong, a connection failed, or answers were not counted */
export async function runWrk(run: WrkRun): Promise<WrkResult> {
  const headers = Object.entries(run.call.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const child = spawn(
    'taskset',
    [
      '-c',
      String(run.core),
      'wrk',
      '-t1',
      `-c${String(run.connections)}`,
      `-d${String(run.seconds)}s`,
      '--timeout',
      '10s',
    ].concat(['-s', join(import.meta.dirname, 'wrk.lua')], headers, run.url),
    { env: { PATH: '/usr/local/bin:/usr/bin:/bin', BENCH_BODY: run.call.body, BENCH_EXPECT: run.call.expect } },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const startedAt = systemClock.monotonic();
  let generatorShare = 0;
  const sampling = systemClock.every(USAGE_EVERY_MS, () => {
    if (child.pid === undefined || child.exitCode !== null) return;
    generatorShare = cpuMicroseconds(child.pid) / 1000 / (systemClock.monotonic() - startedAt);
  });
  await once(child, 'close');
  sampling.cancel();
  const report = parseReport(output);
  return {
    requests: report.requests,
    requestsPerSecond: report.requests / (report.durationUs / 1e6),
    p50Ms: report.p50Us / 1000,
    p95Ms: report.p95Us / 1000,
    p99Ms: report.p99Us / 1000,
    generatorShare,
  };
}

function parseReport(output: string): ScriptReport {
  const line = /^BENCH (.*)$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`wrk gave no report; it said:\n${output}`);
  const report = JSON.parse(line) as ScriptReport;
  const { requests, checked, wrong, socketErrors, sample } = report;
  if (wrong > 0) throw new Error(`${String(wrong)} of ${String(checked)} answers were wrong, for example: ${sample}`);
  if (socketErrors > 0) throw new Error(`${String(socketErrors)} connections failed`);
  if (requests === 0 || checked !== requests) {
    throw new Error(`${String(requests)} answers came, ${String(checked)} were checked`);
  }
  return report;
}
