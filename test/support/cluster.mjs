// A real cluster for tests: the built manager with its node processes, or one node alone, on free ports.
import { existsSync } from 'node:fs';
import process from 'node:process';
import { eventually, NODE, ROOT, Running, runs, STOP_MS } from './running.mjs';

const FREE_PORTS = ['--port', '0', '--management-port', '0'];

/** A manager and its nodes. Resolves when it has said `ready`. */
export async function startCluster({ nodes = 2, fixtures = true, args = [], env = {} } = {}) {
  const flags = [
    '--nodes',
    String(nodes),
    ...FREE_PORTS,
    '--admin-port',
    '0',
    ...(fixtures ? ['--fixtures'] : []),
    ...args,
  ];
  const manager = new Running(NODE, [built('manager'), ...flags], { env });
  const cluster = new Cluster(manager);
  try {
    await manager.line((line) => line === 'ready', { what: 'line `ready`' });
  } catch (error) {
    await cluster.stop().catch(() => undefined);
    throw error;
  }
  return cluster;
}

/** One node without a manager. Resolves when it listens. */
export async function startNode({ fixtures = true, args = [], env = {} } = {}) {
  const node = new Running(NODE, [built('node'), ...FREE_PORTS, ...(fixtures ? ['--fixtures'] : []), ...args], { env });
  const single = new SingleNode(node);
  try {
    await node.until(() => single.listening, { what: 'log line `listening`' });
  } catch (error) {
    await single.stop().catch(() => undefined);
    throw error;
  }
  return single;
}

class Served {
  constructor(process) {
    this.process = process;
  }

  get pid() {
    return this.process.pid;
  }

  /** Log lines of all its processes, parsed; what is no JSON is not among them. */
  logs() {
    return this.process.stderr.flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
  }

  /** Resolves with the first log line that fits. */
  log(fits, { withinMs = 10_000, what = 'such log line' } = {}) {
    return this.process.until(() => this.logs().find(fits), { withinMs, what });
  }

  /** Every process that was started, also those that have ended. */
  pids() {
    return this.pid === undefined ? [] : [this.pid];
  }

  /** Resolves when no process is left; after `withinMs` it kills what is and rejects. */
  async gone(withinMs = STOP_MS) {
    try {
      await eventually('no process left', () => (this.pids().some(runs) ? undefined : true), { withinMs });
    } catch (error) {
      const left = this.pids().filter(runs);
      for (const pid of left) process.kill(pid, 'SIGKILL');
      throw new Error(
        `processes ${left.join(', ')} ran on ${withinMs} ms after the stop\n${this.process.output.slice(-8000)}`,
        {
          cause: error,
        },
      );
    }
  }

  /** Ends everything with SIGTERM. May be called again. */
  async stop() {
    if (this.process.how === undefined) this.process.kill('SIGTERM');
    await this.gone();
  }
}

class Cluster extends Served {
  get url() {
    return this.printed('MCP');
  }

  /** `GET /admin/nodes`. */
  get adminUrl() {
    return this.printed('admin');
  }

  /** Without a path. */
  get managementUrl() {
    return this.printed('metrics').replace(/\/metrics$/, '');
  }

  pids() {
    return [
      ...super.pids(),
      ...this.logs().flatMap(({ msg, memberPid }) => (msg === 'node started' ? [memberPid] : [])),
    ];
  }

  /** The nodes as the manager's admin port tells of them. */
  async nodes() {
    const response = await fetch(this.adminUrl);
    return response.json();
  }

  /** The management URL of a node by its id, without a path. */
  nodeManagementUrl(id) {
    const line = this.logs().findLast(({ app, node, msg }) => app === 'node' && node === id && msg === 'listening');
    if (line === undefined) throw new Error(`no node ${id} has said that it listens`);
    return `http://127.0.0.1:${line.managementPort}`;
  }

  /** What each node says of itself now; `nodes` is up to a health check old. */
  async statuses() {
    const nodes = await this.nodes();
    return Promise.all(
      nodes.map(async ({ id }) => {
        const response = await fetch(`${this.nodeManagementUrl(id)}/readyz`);
        return response.json();
      }),
    );
  }

  /** Calls that run now on all nodes together. */
  async inFlight() {
    const statuses = await this.statuses();
    return statuses.reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  /** Resolves when that many calls run. */
  running(count) {
    return eventually(`${count} calls in flight`, async () => ((await this.inFlight()) === count ? true : undefined));
  }

  /** Resolves with the nodes when as many as that are ready. */
  ready(count) {
    const look = async () => {
      const nodes = await this.nodes();
      return nodes.filter(({ state }) => state === 'ready').length === count ? nodes : undefined;
    };
    return eventually(`${count} nodes ready`, look, { withinMs: 20_000 });
  }

  printed(name) {
    const line = this.process.stdout.find((one) => one.startsWith(`${name} `));
    if (line === undefined) throw new Error(`the manager has not printed the URL ${name}`);
    return line.slice(name.length).trim();
  }
}

class SingleNode extends Served {
  get listening() {
    return this.logs().find(({ msg }) => msg === 'listening');
  }

  get url() {
    return `http://127.0.0.1:${this.listening.mcpPort}/mcp`;
  }

  /** Without a path. */
  get managementUrl() {
    return `http://127.0.0.1:${this.listening.managementPort}`;
  }
}

function built(app) {
  const main = `${ROOT}apps/${app}/dist/main.js`;
  if (!existsSync(main)) throw new Error(`apps/${app} is not built: npm run build`);
  return main;
}
