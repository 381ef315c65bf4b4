import { request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tagOf } from '../checker/tags.ts';
import type { ChaosCluster } from '../cluster/chaos-cluster.ts';
import { atLeast, atMost, exactly, type Experiment } from '../experiment.ts';
import { quick } from '../workloads/call-plan.ts';
import { SteadyLoad } from '../workloads/load.ts';
import { machineMs, pause, soon } from '../workloads/time.ts';
import { statelessClients } from './clients.ts';
import { allAnswered, begunIn, tookP99 } from './outcomes.ts';

const STALL_MS = 2_000;
const MEMORY_MIB = 64;
/**
 * By how much the 99th percentile of others may rise: promised are 10 %. The clients are processes of the same machine, and
 * reading so much costs them too: milliseconds that are not counted, more where the short round shares its cores.
 */
const P99_SHARE = 1.1;
const NOISE_MS = { long: 15, short: 150 };

export const slowClients: Experiment = {
  id: '13',
  title: 'clients that stop to read, each with a tool that reports its progress thousands of times',
  expected: 'closed after the stall time; memory + < 64 MiB; other calls p99 + < 10 %',
  run: async (lab) => {
    const cluster = await lab.start({ nodeArgs: ['--stall-ms', String(STALL_MS)] });
    const [readers, events] = lab.long ? [100, 10_000] : [30, 3_000];
    const clients = statelessClients(10, cluster.urls, lab.history);
    const load = new SteadyLoad(40, lab.rng, (n) => {
      const client = clients[n % clients.length];
      if (client === undefined) throw new Error('no client');
      return client.call(quick(5_000));
    });
    await pause(lab.long ? 10_000 : 5_000);
    // What all share is there before the count: code that was compiled, buffers that are kept.
    const chatter = { tool: 'chatter', args: { events, overMs: 500 }, kind: 'repeatable', limitMs: 10_000 } as const;
    await Promise.all(clients.map((client) => client.call({ ...chatter, streamed: true })));
    const before = memory(cluster);
    const from = machineMs();
    const stalled: IncomingMessage[] = [];
    for (let at = 0; at < readers; at += 1) stalled.push(await beginAndStop(cluster.manager.url, at, events));
    lab.onEnd(() => Promise.resolve(stalled.map((response) => response.destroy())));
    let most = before;
    const closed = await soon(20_000, async () => {
      most = before.map((_value, at) => Math.max(most[at] ?? 0, memory(cluster)[at] ?? 0));
      const streams = await Promise.all(cluster.nodes.map(async (node) => (await node.status()).inFlight));
      // The steady load has a call or two open now and then.
      return streams.reduce((sum, open) => sum + open, 0) < readers / 10 ? machineMs() - from : undefined;
    });
    await pause(500);
    const calls = await load.stop();
    const quiet = tookP99(begunIn(calls, 0, from));
    const busy = tookP99(begunIn(calls, from, Infinity));
    const grown = most.map((value, at) => value - (before[at] ?? 0));
    lab.note(
      'MiB that each process grew',
      Object.fromEntries(cluster.members.map(({ name }, at) => [name, Math.round(grown[at] ?? 0)])),
    );
    lab.note('p99 of other calls, ms', { quiet, busy });
    return [
      atLeast('stalled readers', stalled.length, readers),
      exactly('readers that were still held', closed === undefined ? 1 : 0, 0),
      atMost('memory that a process grew', Math.max(...grown), MEMORY_MIB, 'MiB'),
      allAnswered('other calls that failed', calls),
      atMost('p99 of other calls', busy, quiet * P99_SHARE + (lab.long ? NOISE_MS.long : NOISE_MS.short), 'ms'),
      lab.checked(cluster),
    ];
  },
};

/** A call whose answer has begun and of which nothing more is read. */
async function beginAndStop(url: string, at: number, events: number): Promise<IncomingMessage> {
  const tag = tagOf('stalled', String(at));
  const params = {
    name: 'chatter',
    arguments: { tag, events, overMs: 3_000 },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 'stalled', version: '1' },
      progressToken: at,
    },
  };
  const headers = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'chatter',
  };
  const sent = request(url, { method: 'POST', headers, agent: false });
  sent.on('error', () => undefined);
  sent.end(JSON.stringify({ jsonrpc: '2.0', id: at, method: 'tools/call', params }));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.on('error', () => undefined).pause();
  return response;
}

/** Resident memory of each process, in MiB. */
function memory(cluster: ChaosCluster): number[] {
  return cluster.members.map(({ pid }) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1_024;
  });
}
