import { systemClock } from '@mcp-cluster/kernel';
import { Client, StreamableHTTPClientTransport, type VersionNegotiationMode } from '@modelcontextprotocol/client';
import { spread, type Spread } from '../harness/statistics.ts';
import { startStreamNode } from '../harness/stream-node.ts';

const ROWS = 10_000;
const CHUNK = 500;
const WARM_UP_CALLS = 50;

export interface RowsRun {
  readonly era: string;
  /** Rows a second, end to end: from the client's call to its result, over the calls of this run. */
  readonly rowsPerSecond: Spread;
  readonly callMs: Spread;
  /** Milliseconds from the call to its first progress. */
  readonly firstProgressMs: Spread;
  readonly progressACall: Spread;
}

/** `run_analysis` of 10,000 rows in chunks of 500 with progress, over HTTP with the SDK's client (S08). */
export async function measureRows(calls: number): Promise<RowsRun[]> {
  const node = await startStreamNode();
  try {
    const modern = await runWith(node.url, '2026-07-28', { mode: { pin: '2026-07-28' } }, calls);
    return [modern, await runWith(node.url, '2025-11-25', { mode: 'legacy' }, calls)];
  } finally {
    await node.stop();
  }
}

async function runWith(
  url: string,
  era: string,
  versionNegotiation: { mode: VersionNegotiationMode },
  calls: number,
): Promise<RowsRun> {
  const client = new Client({ name: 'bench', version: '1' }, { versionNegotiation });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  const durations: number[] = [];
  const firsts: number[] = [];
  const counts: number[] = [];
  for (let call = -WARM_UP_CALLS; call < calls; call += 1) {
    const start = systemClock.monotonic();
    let first: number | undefined;
    let count = 0;
    const result = await client.callTool(
      { name: 'run_analysis', arguments: { rows: ROWS, chunkSize: CHUNK, seed: call } },
      {
        onprogress: () => {
          first ??= systemClock.monotonic() - start;
          count += 1;
        },
      },
    );
    const duration = systemClock.monotonic() - start;
    const { metadata } = result.structuredContent as { metadata: { rowsProcessed: number } };
    if (metadata.rowsProcessed !== ROWS || first === undefined) throw new Error('a call without its rows or progress');
    if (call < 0) continue;
    durations.push(duration);
    firsts.push(first);
    counts.push(count);
  }
  await client.close();
  return {
    era,
    rowsPerSecond: spread(durations.map((ms) => (ROWS * 1_000) / ms)),
    callMs: spread(durations),
    firstProgressMs: spread(firsts),
    progressACall: spread(counts),
  };
}
