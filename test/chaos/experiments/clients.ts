import type { Rng } from '@mcp-cluster/kernel';
import type { HistoryRecorder } from '../workloads/history-recorder.ts';
import { SdkClient, SDKS, type Sdk } from '../workloads/sdk-client.ts';
import { SessionClient } from '../workloads/session-client.ts';
import { StatelessClient } from '../workloads/stateless-client.ts';
import { pause } from '../workloads/time.ts';

/** Clients of 2026-07-28, each with a name of its own. */
export function statelessClients(count: number, urls: readonly string[], history: HistoryRecorder, prefix = 'a') {
  return Array.from({ length: count }, (_none, at) => new StatelessClient(`${prefix}${at}`, urls, history));
}

/** Sessions of 2025-11-25, begun one after the other. */
export async function sessionClients(
  count: number,
  urls: readonly string[],
  history: HistoryRecorder,
  prefix = 's',
): Promise<SessionClient[]> {
  const clients: SessionClient[] = [];
  for (let at = 0; at < count; at += 1) clients.push(await SessionClient.begin(`${prefix}${at}`, urls, history));
  return clients;
}

/** Clients of the SDK's lines in turn. */
export async function sdkClients(
  count: number,
  url: string,
  history: HistoryRecorder,
  sdks: readonly Sdk[] = SDKS,
  prefix = 'k',
): Promise<SdkClient[]> {
  const clients: SdkClient[] = [];
  for (let at = 0; at < count; at += 1)
    clients.push(await SdkClient.connect(`${prefix}${at}`, sdks[at % sdks.length] ?? 'v1', url, history));
  return clients;
}

/** Begins each piece of work at its own moment within a time, so that they do not march in step. */
export function spreadOver<T>(rng: Rng, ms: number, works: readonly (() => Promise<T>)[]): Promise<T[]> {
  return Promise.all(
    works.map(async (work) => {
      await pause(rng.next() * ms);
      return work();
    }),
  );
}
