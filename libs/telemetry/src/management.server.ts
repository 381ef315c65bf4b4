import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asError, Background, LocalError } from '@mcp-cluster/kernel';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { answerJson, type JsonRoute } from './json-route.js';

export interface ManagementOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly registry: Registry;
  /** Whether new calls are welcome, and the JSON that says more. Called at each request, so it must be cheap. */
  readonly status: () => { ready: boolean; body: object };
  /** Starts draining. Without it there is no /drain. It may be called more than once. */
  readonly onDrain?: () => void;
  /** More of what operators see and order, by path. Those of the port itself stay what they are. */
  readonly routes?: Readonly<Record<string, JsonRoute>>;
  readonly logger: Logger;
}

/** Monitoring has a few connections; many mean that somebody leaks them. */
const MAX_CONNECTIONS = 100;

const READING = ['GET', 'HEAD'];

interface Route {
  readonly methods: readonly string[];
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;
}

/**
 * The port for those who run the cluster, apart from the port of its users: `GET /metrics`, `/livez` (200 `ok`),
 * `/readyz` (200 or 503, JSON), `POST /drain` (202, the same JSON), and what its process adds.
 */
export class ManagementServer {
  private readonly server: Server;
  private readonly background: Background;
  private readonly routes: Map<string, Route>;

  constructor(private readonly options: ManagementOptions) {
    const { logger, onDrain, routes = {} } = options;
    this.background = new Background((name, error) => {
      logger.error({ err: error }, `management port: ${name} failed`);
    });
    this.routes = new Map<string, Route>([
      ...Object.entries(routes).map(([path, route]) => [path, jsonRoute(route)] as const),
      ['/metrics', { methods: READING, handle: (_request, response) => this.metrics(response) }],
      [
        '/livez',
        {
          methods: READING,
          handle: (_request, response) => {
            send(response, 200, 'ok', 'text/plain');
          },
        },
      ],
      [
        '/readyz',
        {
          methods: READING,
          handle: (_request, response) => {
            this.ready(response);
          },
        },
      ],
    ]);
    if (onDrain !== undefined) this.routes.set('/drain', { methods: ['POST'], handle: this.drain(onDrain) });
    this.server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 }, (request, response) => {
      this.background.run('request', () => this.answer(request, response));
    });
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * Resolves with the port once it is open.
   * @throws LocalError MANAGEMENT_LISTEN when it cannot be opened
   */
  async listen(): Promise<{ port: number }> {
    const { host, port } = this.options;
    try {
      this.server.listen(port, host);
      await once(this.server, 'listening');
    } catch (thrown) {
      const cause = asError(thrown);
      throw new LocalError('MANAGEMENT_LISTEN', `management port ${host}:${String(port)}: ${cause.message}`, { cause });
    }
    return { port: (this.server.address() as AddressInfo).port };
  }

  /** Closes the port and its connections. Answers are short, so none is worth waiting for. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
    await this.background.drain();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const route = this.routes.get(path);
    if (route === undefined) {
      send(response, 404, 'not found', 'text/plain');
    } else if (!route.methods.includes(request.method ?? '')) {
      response.setHeader('allow', route.methods.join(', '));
      send(response, 405, `use ${route.methods.join(' or ')}`, 'text/plain');
    } else {
      try {
        await route.handle(request, response);
      } catch (error) {
        if (!response.headersSent) send(response, 500, 'internal error', 'text/plain');
        throw error;
      }
    }
    // What was sent and nobody read: the connection cannot be used again before it is.
    request.resume();
  }

  private async metrics(response: ServerResponse): Promise<void> {
    const { registry } = this.options;
    send(response, 200, await registry.metrics(), registry.contentType);
  }

  private ready(response: ServerResponse): void {
    const { ready, body } = this.options.status();
    send(response, ready ? 200 : 503, JSON.stringify(body), 'application/json');
  }

  private drain(onDrain: () => void): Route['handle'] {
    return (request, response) => {
      // Browsers mark every POST of a page with its origin: no page on a developer's screen may stop the cluster.
      if (request.headers.origin !== undefined) {
        send(response, 403, 'not for web pages', 'text/plain');
        return;
      }
      onDrain();
      send(response, 202, JSON.stringify(this.options.status().body), 'application/json');
    };
  }
}

function jsonRoute(route: JsonRoute): Route {
  return {
    methods: 'get' in route ? READING : ['POST'],
    handle: async (request, response) => {
      const { status, body } = await answerJson(route, request);
      send(response, status, JSON.stringify(body), 'application/json');
    },
  };
}

function send(response: ServerResponse, status: number, body: string, type: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}
