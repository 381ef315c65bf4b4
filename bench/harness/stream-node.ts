import { join } from 'node:path';
import { ROOT, SERVER_CORE } from './machine.ts';
import { freePort, PinnedProcess } from './pinned-process.ts';

/** A node of ours on the server's core, with its inspector open so that its heap can be read exactly. */
export interface StreamNode {
  readonly url: string;
  readonly port: number;
  readonly metricsUrl: string;
  readonly inspectorUrl: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** @param args flags of the node besides its ports */
export async function startStreamNode(args: readonly string[] = []): Promise<StreamNode> {
  const [port, managementPort, inspectorPort] = [await freePort(), await freePort(), await freePort()];
  const flags = ['--port', String(port), '--management-port', String(managementPort), '--log-level', 'warn', ...args];
  const main = join(ROOT, 'apps/node/dist/main.js');
  const management = `http://127.0.0.1:${String(managementPort)}`;
  const command = {
    command: process.execPath,
    args: [`--inspect=127.0.0.1:${String(inspectorPort)}`, main, ...flags],
    core: SERVER_CORE,
  };
  const started = await PinnedProcess.start(command, async () => {
    const answer = await fetch(`${management}/readyz`);
    await answer.text();
    if (!answer.ok) throw new Error(`readyz: ${String(answer.status)}`);
  });
  return {
    url: `http://127.0.0.1:${String(port)}/mcp`,
    port,
    metricsUrl: `${management}/metrics`,
    inspectorUrl: `http://127.0.0.1:${String(inspectorPort)}`,
    pid: started.pid,
    stop: () => started.stop(),
  };
}
