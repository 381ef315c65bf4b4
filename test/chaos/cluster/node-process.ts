import { join } from 'node:path';
import { ROOT } from '../../support/running.mjs';
import { TcpProxy } from '../faults/tcp-proxy.ts';
import { freePorts } from './free-ports.ts';
import { MemberProcess } from './member-process.ts';
import { scrape, type Metrics } from './metrics.ts';

export interface NodeOptions {
  readonly id: string;
  readonly redisUrl: string;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** A loopback address of a network that can be broken: managers reach the node over it. */
  readonly networkHost?: string;
}

/** What a node says of itself. */
export interface NodeStatus {
  readonly id: string;
  readonly state: string;
  readonly inFlight: number;
  readonly sessions: number;
  readonly streams: number;
}

/** A standalone node; it has the same ports in all its lives. */
export class NodeProcess extends MemberProcess {
  readonly port: number;
  readonly managementUrl: string;
  /** Between managers and this node, if the experiment wants one: of its MCP port, and of its management port. */
  readonly networks: readonly TcpProxy[];
  /** Between this node and Redis, if the experiment wants one. */
  redisNetwork: TcpProxy | undefined;

  private constructor(options: NodeOptions, ports: readonly number[], networks: readonly TcpProxy[]) {
    const [port = 0, management = 0] = ports;
    const [network] = networks;
    const advertised = network === undefined ? [] : ['--advertise', `http://${network.host}:${network.port}`];
    super({
      name: options.id,
      main: join(ROOT, 'apps', 'node', 'dist', 'main.js'),
      args: [
        ...['--id', options.id, '--port', String(port), '--management-port', String(management)],
        // A manager calls it by the address of the network between them.
        ...['--allowed-hosts', '*', ...advertised],
        ...options.args,
      ],
      env: { ...options.env, REDIS_URL: options.redisUrl },
      started: ({ stderr }) => stderr.some((line) => line.includes('"msg":"listening"')),
    });
    this.port = port;
    this.managementUrl = `http://127.0.0.1:${management}`;
    this.networks = networks;
  }

  static async prepare(options: NodeOptions): Promise<NodeProcess> {
    const ports = await freePorts(2);
    const networks: TcpProxy[] = [];
    const { networkHost } = options;
    // The same ports on another address: whoever translates an address translates it for both ports.
    if (networkHost !== undefined)
      for (const port of ports) networks.push(await TcpProxy.to(port, { host: networkHost, port }));
    return new NodeProcess(options, ports, networks);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/mcp`;
  }

  metrics(): Promise<Metrics> {
    return scrape(this.managementUrl);
  }

  async status(): Promise<NodeStatus> {
    const response = await fetch(`${this.managementUrl}/readyz`, { signal: AbortSignal.timeout(2_000) });
    return (await response.json()) as NodeStatus;
  }
}
