import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '@mcp-cluster/kernel';
import { ROOT } from '../harness/machine.ts';
import { statelessCall } from '../harness/mcp-call.ts';
import { runOpenLoop } from '../harness/open-loop.ts';
import { sleepAwake } from '../harness/sleep-awake.ts';
import { PeakMemory } from '../harness/peak-memory.ts';
import { cpuMicroseconds } from '../harness/process-usage.ts';
import { postBytes, statelessBody, statelessHeaders } from '../harness/raw-request.ts';
import { spread } from '../harness/statistics.ts';
import { startStreamNode, type StreamNode } from '../harness/stream-node.ts';

export const STREAMING_TOOLS = ['--tools', join(ROOT, 'bench/subjects/streaming')];
const SECONDS = 12;
const RATE = 300;
const CONNECTIONS = 20;
const CLOSED_WITHIN_MS = 25_000;

/** What other calls and the node's memory see of 100 streams, by what their readers do. */
export interface ReadersRun {
  readonly readers: 'none' | 'reading' | 'stalled';
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The median over seconds of each second's own 99th percentile: what a pause of the machine does not move. */
  readonly p99OfSecondsMs: number;
  /** Milliseconds by which the load generator itself was late: a part of the above. */
  readonly lateP99Ms: number;
  readonly grownMiB: number;
  readonly cpuSeconds: number;
  /** Streams that the node closed because their readers took nothing. */
  readonly closedStalled: number;
}

/** `echo` at a constant rate beside `streams` calls that report `events` times each, unthrottled (S20). */
export async function measureStalled(streams: number, events: number): Promise<ReadersRun[]> {
  const runs: ReadersRun[] = [];
  for (const readers of ['none', 'reading', 'stalled'] as const) runs.push(await runWith(readers, streams, events));
  return runs;
}

async function runWith(readers: ReadersRun['readers'], streams: number, events: number): Promise<ReadersRun> {
  const node = await startStreamNode(STREAMING_TOOLS);
  const sockets: Socket[] = [];
  const load = { url: node.url, call: statelessCall(), rate: RATE, settleSeconds: 1, connections: CONNECTIONS };
  try {
    await runOpenLoop({ ...load, seconds: 5 });
    const memory = new PeakMemory(node.pid);
    const cpu = cpuMicroseconds(node.pid);
    if (readers !== 'none')
      for (let at = 0; at < streams; at += 1) sockets.push(await beginFlood(node, events, at, readers === 'reading'));
    const report = await runOpenLoop({ ...load, seconds: SECONDS });
    return {
      readers,
      p50Ms: report.p50Ms,
      p99Ms: report.p99Ms,
      p99OfSecondsMs: spread(report.p99OfSecondsMs).median,
      lateP99Ms: report.lateP99Ms,
      grownMiB: memory.stop(),
      cpuSeconds: (cpuMicroseconds(node.pid) - cpu) / 1e6,
      closedStalled: readers === 'stalled' ? await untilClosed(node, streams) : await closedStalled(node),
    };
  } finally {
    for (const socket of sockets) socket.destroy();
    await node.stop();
  }
}

async function beginFlood(node: StreamNode, events: number, at: number, reads: boolean): Promise<Socket> {
  const params = { name: 'flood', arguments: { events, seconds: SECONDS }, _meta: { progressToken: at } };
  const socket = connect(node.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  if (reads) socket.resume();
  else socket.pause();
  socket.write(postBytes(statelessHeaders('tools/call', 'flood'), statelessBody('tools/call', params, at)));
  return socket;
}

/** A reader is closed 10 to 20 s after it took the last byte. */
async function untilClosed(node: StreamNode, streams: number): Promise<number> {
  const deadline = systemClock.monotonic() + CLOSED_WITHIN_MS;
  let closed = await closedStalled(node);
  while (closed < streams && systemClock.monotonic() < deadline) {
    await sleepAwake(500);
    closed = await closedStalled(node);
  }
  return closed;
}

async function closedStalled(node: StreamNode): Promise<number> {
  const metrics = await (await fetch(node.metricsUrl)).text();
  const lines = metrics
    .split('\n')
    .filter((line) => line.startsWith('mcp_node_streams_closed_total{') && line.includes('reason="stalled"'));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
