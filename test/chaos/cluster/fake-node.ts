import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net';
import { pause } from '../workloads/time.ts';

/** What a node that is none does with calls. */
export type Manner = 'answers' | '503' | 'hangs up' | 'garbage' | 'web page';

/** Bytes that are not HTTP, and some that nearly are. */
const GARBAGE = [
  'SSH-2.0-OpenSSH_9.2\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 900\r\n\r\nxxxxx',
  'HTTP/1.1 999999 What\r\n\r\n',
  '\u0000\u0001\u0002\u0003'.repeat(100),
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n',
];

/**
 * Something that a manager takes for a node: a management port that says `ready`, or not, and an MCP port that does what it
 * is told. It counts what reaches it.
 */
export class FakeNode {
  manner: Manner = 'answers';
  healthy = true;
  /** Requests that reached its MCP port, whatever became of them. */
  calls = 0;
  readonly name: string;
  readonly host: string;
  /** Milliseconds until a 503, or until it hangs up: a budget of retries counts those that are under way at one time. */
  private readonly refusalMs: number;
  private readonly port: number;
  private readonly servers: (Server | TcpServer)[] = [];
  private readonly sockets = new Set<Socket>();
  private garbled = 0;

  private constructor(name: string, host: string, port: number, refusalMs: number) {
    this.name = name;
    this.host = host;
    this.port = port;
    this.refusalMs = refusalMs;
  }

  /** @param host a loopback address: all nodes of a fixed list have the same ports */
  static async start(
    name: string,
    host: string,
    ports: { readonly mcp: number; readonly management: number },
    refusalMs: number,
  ): Promise<FakeNode> {
    const node = new FakeNode(name, host, ports.mcp, refusalMs);
    const http = createServer((request, response) => {
      void node.serve(request, response);
    });
    // Garbage is written below HTTP: the connection is taken away from the server when its first bytes come.
    const mcp = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      if (node.manner === 'garbage') node.garble(socket);
      else http.emit('connection', socket);
    });
    const management = createServer((_request, response) => {
      node.report(response);
    });
    for (const [server, at] of [
      [mcp, ports.mcp],
      [management, ports.management],
    ] as const) {
      server.on('connection', (socket: Socket) => {
        node.sockets.add(socket);
        socket.once('close', () => node.sockets.delete(socket));
      });
      await once(server.listen(at, host), 'listening');
      node.servers.push(server);
    }
    return node;
  }

  /** Garbage comes on new connections only: those that are open would go on well. */
  hangUp(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.hangUp();
    for (const server of this.servers) {
      server.close();
      await once(server, 'close');
    }
  }

  /** As a node's `/readyz` does it; a check that fails says nothing of the node. */
  private report(response: ServerResponse): void {
    if (!this.healthy) {
      response.writeHead(500, { 'content-type': 'text/plain' }).end('the check is broken');
      return;
    }
    const counts = { inFlight: 0, sessions: 0, streams: 0 };
    const status = { id: this.name, state: 'ready', version: '0', ...counts, mcpPort: this.port };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(status));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
    const { id } = JSON.parse(body) as { id: string };
    const types = { 'content-type': 'application/json' };
    // The manager asks for itself which tools may be run again.
    if (body.includes('"mcp-cluster-manager"')) {
      const tools = [{ name: 'slow_read', annotations: { readOnlyHint: true, idempotentHint: true } }];
      response.writeHead(200, types).end(JSON.stringify({ jsonrpc: '2.0', id, result: { tools } }));
      return;
    }
    this.calls += 1;
    if (this.manner === '503' || this.manner === 'hangs up') await pause(this.refusalMs);
    if (this.manner === 'hangs up') {
      request.socket.destroy();
      return;
    }
    if (this.manner === '503') {
      const error = { code: -32603, message: 'this node takes no more calls', data: { reason: 'draining' } };
      response.writeHead(503, { ...types, 'retry-after': '1' }).end(JSON.stringify({ jsonrpc: '2.0', id, error }));
      return;
    }
    if (this.manner === 'web page') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>');
      return;
    }
    const result = { content: [{ type: 'text', text: `answered by ${this.name}` }], resultType: 'complete' };
    response.writeHead(200, types).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  }

  private garble(socket: Socket): void {
    socket.on('data', () => {
      this.calls += 1;
      this.garbled += 1;
      socket.end(GARBAGE[this.garbled % GARBAGE.length] ?? '');
    });
  }
}
