import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (req: IncomingMessage, res: ServerResponse, body: string) => void;

/** A tool as `tools/list` shows it. */
export interface FakeTool {
  readonly name: string;
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly _meta?: Readonly<Record<string, unknown>>;
}

/** A node of a few lines: answers `/mcp` as the test says and keeps what it saw. */
export class FakeNode {
  /** What the manager hears when it asks for itself; such a question is not among `seen`. */
  tools: readonly FakeTool[] = [];
  /** How often it asked. */
  listed = 0;
  readonly seen: { headers: IncomingMessage['headers']; url: string; method: string; body: string }[] = [];
  private readonly waiting: (() => void)[] = [];
  private constructor(
    readonly id: string,
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(id: string, answer: Answer): Promise<FakeNode> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const node = new FakeNode(id, server, (server.address() as AddressInfo).port);
    server.on('request', (req: IncomingMessage, res: ServerResponse) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        if (body.includes('"mcp-cluster-manager"')) {
          node.listed += 1;
          json(res, { jsonrpc: '2.0', id: 1, result: { tools: node.tools } });
          return;
        }
        node.seen.push({ headers: req.headers, url: req.url ?? '', method: req.method ?? '', body });
        for (const wake of node.waiting.splice(0)) wake();
        answer(req, res, body);
      });
    });
    return node;
  }

  get origin(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  /** Resolves when the node has got `count` requests. */
  async got(count: number): Promise<void> {
    while (this.seen.length < count) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** As a killed process: every connection breaks, and the port refuses new ones. */
  async kill(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

export function json(res: ServerResponse, value: unknown, headers: Record<string, string> = {}): void {
  const text = JSON.stringify(value);
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers });
  res.end(text);
}

/** Answers every request with its own id. */
export const echoing =
  (id: string): Answer =>
  (_req, res, body) => {
    json(res, {
      jsonrpc: '2.0',
      id: body === '' ? null : (JSON.parse(body) as { id: unknown }).id,
      result: { node: id },
    });
  };
