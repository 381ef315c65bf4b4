import { join } from 'node:path';
import { ROOT } from '../../support/running.mjs';
import type { TcpProxy } from '../faults/tcp-proxy.ts';
import { MemberProcess } from './member-process.ts';
import { scrape, type Metrics } from './metrics.ts';

export interface ManagerOptions {
  readonly id: string;
  readonly ports: { readonly port: number; readonly admin: number; readonly management: number };
  readonly redisUrl: string;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

/** What a manager says of a node. */
export interface NodeView {
  readonly id: string;
  readonly state: string;
}

/** A manager that finds its nodes; it has the same ports in all its lives. */
export class ManagerProcess extends MemberProcess {
  readonly url: string;
  readonly adminUrl: string;
  readonly managementUrl: string;
  /** Between this manager and Redis, if the experiment wants one. */
  redisNetwork: TcpProxy | undefined;

  constructor({ id, ports, redisUrl, env, args }: ManagerOptions) {
    super({
      name: id,
      main: join(ROOT, 'apps', 'manager', 'dist', 'main.js'),
      args: [
        ...['--id', id, '--port', String(ports.port), '--admin-port', String(ports.admin)],
        ...['--management-port', String(ports.management), ...args],
      ],
      env: { ...env, REDIS_URL: redisUrl },
      started: ({ stdout }) => stdout.some((line) => line.startsWith('metrics ')),
    });
    this.url = `http://127.0.0.1:${ports.port}/mcp`;
    this.adminUrl = `http://127.0.0.1:${ports.admin}/admin`;
    this.managementUrl = `http://127.0.0.1:${ports.management}`;
  }

  async nodes(): Promise<NodeView[]> {
    return (await this.admin('nodes')) as NodeView[];
  }

  async admin(path: string): Promise<unknown> {
    const response = await fetch(`${this.adminUrl}/${path}`, { signal: AbortSignal.timeout(2_000) });
    return response.json();
  }

  metrics(): Promise<Metrics> {
    return scrape(this.managementUrl);
  }
}
