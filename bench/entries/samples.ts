import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomInt, seededRng } from '@mcp-cluster/kernel';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { ROOT } from '../harness/machine.ts';
import { startStreamNode } from '../harness/stream-node.ts';

/** What a node answered, as its cache keeps it: the text of a result. */
export interface Sample {
  readonly name: string;
  readonly text: string;
}

/** Just under the size from which a log is read as a summary (LOG_SUMMARY_BYTES): the largest text that comes whole. */
const BIG_LOG_BYTES = 1_000_000;
const FIRST_TIME = Date.UTC(2026, 10, 1, 8);
const TARGETS = ['echo', 'analyze_dataset', 'run_analysis', 'process_large_file', 'crawl_sitemap'];

/** Answers of the product's own tools and resources, from a node as shipped with 91 more tools. Smallest first. */
export async function collectSamples(): Promise<Sample[]> {
  const logs = mkdtempSync(join(tmpdir(), 'mcp-cluster-bench-'));
  writeFileSync(join(logs, 'big.log'), logText(BIG_LOG_BYTES - 1_000));
  writeFileSync(join(logs, 'huge.log'), logText(2 * BIG_LOG_BYTES));
  try {
    const node = await startStreamNode(['--logs', logs, '--tools', join(ROOT, 'bench/subjects/hundred-tools')]);
    const client = new Client({ name: 'bench', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
    try {
      await client.connect(new StreamableHTTPClientTransport(new URL(node.url)));
      return await ask(client);
    } finally {
      await client.close();
      await node.stop();
    }
  } finally {
    rmSync(logs, { recursive: true });
  }
}

async function ask(client: Client): Promise<Sample[]> {
  const samples: Sample[] = [];
  const keep = (name: string, result: object): void => {
    samples.push({ name, text: JSON.stringify(result) });
  };
  const call = async (name: string, args: Record<string, unknown>): Promise<void> => {
    const result = await client.callTool({ name, arguments: args });
    if (result.isError === true) throw new Error(`${name}: ${JSON.stringify(result).slice(0, 500)}`);
    keep(name, result);
  };
  await call('echo', { text: 'The quick brown fox jumps over the lazy dog and then sleeps 1234' });
  await call('run_analysis', { rows: 10_000, chunkSize: 500 });
  await call('analyze_dataset', { file: 'measurements.csv' });
  await call('multi_stage_pipeline', { input: 'measurements.csv' });
  for (const uri of [
    'logs://big.log?bytes=0-4095',
    'logs://big.log?bytes=0-65535',
    'logs://big.log?bytes=0-262143',
    'logs://big.log',
    'logs://huge.log',
    'data://measurements.csv?bytes=0-2047',
    'data://measurements.csv',
    'data://events.ndjson',
  ])
    keep(uri, await client.readResource({ uri }));
  keep('tools/list, 100 tools', await client.listTools());
  return samples.toSorted((one, other) => one.text.length - other.text.length);
}

/** A log as the nodes of a cluster write it, lines of pino: the same on every run. */
function logText(bytes: number): string {
  const rng = seededRng(20_261_101);
  const pick = <T>(list: readonly T[]): T | undefined => list[randomInt(rng, list.length)];
  let text = '';
  for (let line = 0, time = FIRST_TIME; text.length < bytes; line += 1) {
    time += 1 + randomInt(rng, 4_000);
    const level = pick([20, 30, 30, 30, 30, 30, 40, 50]);
    const requestId = `r-${line.toString(16).padStart(6, '0')}`;
    const nodeId = `node-${String(1 + randomInt(rng, 3))}`;
    const durationMs = randomInt(rng, 9_000) / 100;
    const outcome = level === 50 ? 'error' : 'ok';
    const said = { method: 'tools/call', target: pick(TARGETS), outcome, durationMs, msg: 'request finished' };
    text += `${JSON.stringify({ level, time, app: 'node', nodeId, requestId, ...said })}\n`;
  }
  return text;
}
