// The proxies of docs/proxies as own processes: the files as they are, but for ports, folders and, where a test says
// so, the timeout of a quiet stream.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool } from '../../scripts/toolbox.mjs';
import { eventually, ROOT, Running, STOP_MS } from './running.mjs';

/** Starts of a proxy: another process may take the free port between our look and its bind. */
const MAX_STARTS = 3;

const KINDS = {
  nginx: {
    file: 'nginx.conf',
    // One process and no master: what is ended by its id leaves nothing behind.
    args: (folder, file) => ['-p', folder, '-c', file, '-g', 'daemon off; master_process off;'],
    fill: ({ port, http2Port, managers: [first, second], readTimeoutMs, folder }) => [
      ['listen 8000;', `listen 127.0.0.1:${port}; listen 127.0.0.1:${http2Port} http2;`],
      ['192.0.2.11:3000', first],
      ['192.0.2.12:3000', second],
      ...(readTimeoutMs === undefined ? [] : [['proxy_read_timeout 300s;', `proxy_read_timeout ${readTimeoutMs}ms;`]]),
      ['user www-data;', ''],
      ['/run/nginx.pid', `${folder}/nginx.pid`],
      ['/var/log/nginx/error.log', 'stderr'],
      ['/var/log/nginx/access.log', `${folder}/access.log`],
      // Debian's are below /var/lib, where only root may write.
      ['http {', ['http {', ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(tempPath)].join('\n')],
    ],
  },
  haproxy: {
    file: 'haproxy.cfg',
    args: (_folder, file) => ['-db', '-f', file],
    fill: ({ port, http2Port, managers: [first, second], checkPort, readTimeoutMs }) => [
      ['bind :8000', `bind 127.0.0.1:${port}\n    bind 127.0.0.1:${http2Port} proto h2`],
      ['192.0.2.11:3000', first],
      ['192.0.2.12:3000', second],
      ['port 9464', `port ${checkPort}`],
      ...(readTimeoutMs === undefined
        ? []
        : [
            ['timeout client 300s', `timeout client ${readTimeoutMs}ms`],
            ['timeout server 300s', `timeout server ${readTimeoutMs}ms`],
          ]),
      ['log /dev/log local0', 'log stdout format raw local0'],
      // Without root, files open at once are limited by the shell.
      ['    maxconn 32768', '    maxconn 1000'],
      ['    user haproxy\n', ''],
      ['    group haproxy\n', ''],
    ],
  },
};

const tempPath = (name) => `  ${name}_temp_path ${name};`;

export const PROXY_KINDS = Object.keys(KINDS);

/** Those that are not installed here; `npm run tools` brings them. */
export const MISSING_PROXIES = PROXY_KINDS.filter((kind) => findTool(kind) === undefined);

/** A proxy that takes requests. */
export async function startProxy(kind, options) {
  for (let start = 1; ; start += 1) {
    const ports = { port: options.port ?? (await freePort()), http2Port: await freePort() };
    const proxy = new ProxyProcess(kind, { ...options, ...ports });
    try {
      await proxy.answers();
      return proxy;
    } catch (error) {
      await proxy.close();
      if (start === MAX_STARTS || options.port !== undefined) throw error;
    }
  }
}

class ProxyProcess {
  constructor(kind, options) {
    const { file, args, fill } = KINDS[kind];
    this.port = options.port;
    this.http2Port = options.http2Port;
    this.folder = mkdtempSync(join(tmpdir(), `mcp-${kind}-`));
    // Started as root, nginx works as somebody else.
    chmodSync(this.folder, 0o755);
    const path = join(this.folder, file);
    const text = readFileSync(`${ROOT}docs/proxies/${file}`, 'utf8');
    writeFileSync(path, filled(text, fill({ ...options, folder: this.folder }), file));
    this.process = new Running(findTool(kind), args(this.folder, path));
  }

  get url() {
    return `http://127.0.0.1:${this.port}/mcp`;
  }

  /** Without TLS, so for a client that knows. */
  get http2Origin() {
    return `http://127.0.0.1:${this.http2Port}`;
  }

  get output() {
    return this.process.output;
  }

  /** Resolves when it answers by itself: everything but /mcp is unknown to it. */
  async answers() {
    const status = async () => {
      if (this.process.how !== undefined) return 'ended';
      const response = await fetch(`http://127.0.0.1:${this.port}/no-such-path`);
      await response.text();
      return response.status;
    };
    const seen = await eventually('the proxy answers', status);
    if (seen !== 404) throw new Error(`expected 404 of a running proxy, got ${seen}\n${this.output.slice(-4000)}`);
  }

  /** Ends it at once, with every connection that it has. May be called again. */
  async close() {
    if (this.process.how === undefined) this.process.kill('SIGTERM');
    try {
      await this.process.end(STOP_MS);
    } catch (error) {
      this.process.kill('SIGKILL');
      throw error;
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }
}

/** Puts in what belongs to a machine. Each text must be there once, so that a change of the file is noticed here. */
function filled(text, replacements, file) {
  return replacements.reduce((sofar, [from, to]) => {
    const parts = sofar.split(from);
    if (parts.length !== 2) throw new Error(`${file}: expected "${from}" once, got it ${parts.length - 1} times`);
    return parts.join(to);
  }, text);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
