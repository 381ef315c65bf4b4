import { mkdtempSync, rmSync, truncateSync, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@mcp-cluster/kernel';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { PeakMemory } from '../harness/peak-memory.ts';
import { startStreamNode } from '../harness/stream-node.ts';

const LEVELS = ['INFO', 'INFO', 'INFO', 'DEBUG', 'WARN', 'ERROR'];
/** Lines of one block that is written again and again: a log's lines are alike. */
const BLOCK_LINES = 20_000;

export interface BigLogRun {
  readonly bytes: number;
  readonly seconds: number;
  readonly megabytesPerSecond: number;
  readonly firstProgressMs: number;
  readonly progress: number;
  /** MiB by which the node grew at its most. */
  readonly grownMiB: number;
}

/** Reads a log of `bytes` bytes as its summary, with progress (S12). */
export async function measureBigLog(bytes: number, repeats: number): Promise<BigLogRun[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-cluster-bench-'));
  try {
    await writeLog(join(folder, 'big.log'), bytes);
    await writeLog(join(folder, 'small.log'), 8 * 1024 * 1024);
    const runs: BigLogRun[] = [];
    for (let repeat = 0; repeat < repeats; repeat += 1) runs.push(await readOnce(folder, bytes));
    return runs;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function readOnce(folder: string, bytes: number): Promise<BigLogRun> {
  const node = await startStreamNode(['--logs', folder]);
  const client = new Client({ name: 'bench', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(node.url)));
    await client.readResource({ uri: 'logs://small.log' }, { onprogress: () => undefined });
    const memory = new PeakMemory(node.pid);
    const start = systemClock.monotonic();
    let first: number | undefined;
    let progress = 0;
    const { contents } = await client.readResource(
      { uri: 'logs://big.log' },
      {
        timeout: 300_000,
        onprogress: () => {
          first ??= systemClock.monotonic() - start;
          progress += 1;
        },
      },
    );
    const seconds = (systemClock.monotonic() - start) / 1_000;
    const grownMiB = memory.stop();
    if (first === undefined || contents.length === 0) throw new Error('no progress or no contents');
    return { bytes, seconds, megabytesPerSecond: bytes / 1e6 / seconds, firstProgressMs: first, progress, grownMiB };
  } finally {
    await client.close();
    await node.stop();
  }
}

async function writeLog(path: string, bytes: number): Promise<void> {
  const lines = Array.from({ length: BLOCK_LINES }, (_none, at) => {
    const second = new Date(1_793_491_200_000 + at * 37).toISOString();
    const level = LEVELS[at % LEVELS.length] ?? 'INFO';
    return `${second} ${level} request ${String(at * 7_919)} served in ${String(at % 97)} ms by node-${String(at % 3)}\n`;
  });
  const block = Buffer.from(lines.join(''));
  const file = createWriteStream(path);
  for (let written = 0; written < bytes; written += block.length) if (!file.write(block)) await once(file, 'drain');
  file.end();
  await once(file, 'close');
  truncateSync(path, bytes);
}
