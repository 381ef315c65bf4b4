import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived behind a proxy. */
export interface Arrived {
  readonly method: string;
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
}

/** In the place of a manager: it is ready, notes what arrives, and answers or hangs up in the middle. */
export class ProxyUpstream {
  /** In the order of their arrival; tests send few. */
  readonly arrived: Arrived[] = [];

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** @param hangsUp reads a request whole and closes the connection without a byte of an answer */
  static async start({ hangsUp = false } = {}): Promise<ProxyUpstream> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const upstream = new ProxyUpstream(server, (server.address() as AddressInfo).port);
    server.on('request', (request, response) => {
      request.resume();
      request.once('end', () => {
        if (request.url === '/readyz') {
          response.end('{}');
          return;
        }
        const { method = '', httpVersion, headers } = request;
        upstream.arrived.push({ method, httpVersion, headers });
        if (hangsUp) request.socket.destroy();
        else response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    return upstream;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** May be called again. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}
