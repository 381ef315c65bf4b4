import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * What becomes of bytes on their way to the client.
 * - `pass`: they go on
 * - `cut`: they are thrown away, and both sides of the connection are closed
 * - `lose`: they are thrown away, and so is all that follows, but both sides stay open: the network is gone and nobody
 *   has noticed
 */
export type Verdict = 'pass' | 'cut' | 'lose';

/** Decides about each piece of an answer. */
export type Judge = (exchange: ProxiedExchange) => Verdict;

/** The latest request on a connection, and its answer as far as it has come. */
export interface ProxiedExchange {
  /** Head and body. */
  readonly request: string;
  /** Head and body, the piece that is judged now among it. */
  readonly answer: string;
  /** What the client has of it. */
  readonly passed: string;
}

/** Texts are for looking at; a test that moves more than this looks at none of it. */
const MAX_TEXT = 1024 * 1024;

/** A network on loopback between a client and a server of HTTP/1.1, which can be broken on purpose. */
export class CuttingProxy {
  /** Replaced by a test at any time; asked for each piece. */
  judge: Judge = () => 'pass';
  /** Connections that were cut since the start. */
  cuts = 0;
  private readonly connections = new Set<ProxiedConnection>();

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  /** @param url where requests go; the path stays the same */
  static async to(url: string): Promise<CuttingProxy> {
    const server = createServer({ pauseOnConnect: false });
    const proxy = new CuttingProxy(server, new URL(url));
    server.on('connection', (socket) => {
      proxy.accept(socket);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${String(port)}${this.target.pathname}`;
  }

  /** Cuts those whose latest request fits; all, if nothing is said. */
  cut(fits: (exchange: ProxiedExchange) => boolean = () => true): number {
    const broken = [...this.connections].filter(fits);
    for (const connection of broken) connection.cut();
    this.cuts += broken.length;
    return broken.length;
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.cut();
    this.server.close();
    if (this.server.listening) await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    const connection = new ProxiedConnection(client, server, () => {
      const verdict = this.judge(connection);
      if (verdict === 'cut') this.cuts += 1;
      return verdict;
    });
    this.connections.add(connection);
    client.once('close', () => this.connections.delete(connection));
  }
}

class ProxiedConnection implements ProxiedExchange {
  request = '';
  answer = '';
  passed = '';
  private answering = false;
  private lost = false;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    judge: () => Verdict,
  ) {
    client.on('data', (chunk: Buffer) => {
      if (this.answering) this.request = this.answer = this.passed = '';
      this.answering = false;
      this.request = (this.request + chunk.toString('latin1')).slice(0, MAX_TEXT);
      if (!this.lost) forward(chunk, client, server);
    });
    server.on('data', (chunk: Buffer) => {
      this.answering = true;
      this.answer = (this.answer + chunk.toString('latin1')).slice(-MAX_TEXT);
      const verdict = this.lost ? 'lose' : judge();
      if (verdict === 'pass') {
        this.passed = this.answer;
        forward(chunk, server, client);
      } else if (verdict === 'cut') this.cut();
      else this.lost = true;
    });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.on('error', () => undefined);
      socket.once('end', () => {
        if (!this.lost) other.end();
      });
      socket.once('close', () => {
        if (!this.lost || socket === client) other.destroy();
      });
    }
  }

  /** Not by a reset on the client's side: that would take back bytes that were passed and not read yet. */
  cut(): void {
    this.client.destroySoon();
    this.server.resetAndDestroy();
  }
}

/** As slow as the slower side. */
function forward(chunk: Buffer, from: Socket, to: Socket): void {
  if (to.write(chunk)) return;
  from.pause();
  to.once('drain', () => from.resume());
}
