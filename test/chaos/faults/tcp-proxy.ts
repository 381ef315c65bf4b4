import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { machineMs } from '../workloads/time.ts';

/**
 * What becomes of bytes.
 * - `pass`: they go on, after the delay
 * - `hole`: they are lost in both directions, and nobody is told: connections stay open, new ones open and stay silent
 * - `refuse`: connections are reset, new ones too
 */
export type NetworkState = 'pass' | 'hole' | 'refuse';

/** Pieces that may wait for their delay on one connection before its sender is stopped. */
const MAX_DELAYED = 1_000;

/** A network on loopback to one port, which can be broken on purpose. */
export class TcpProxy {
  readonly host: string;
  readonly port: number;
  private readonly server: Server;
  private readonly target: number;
  private readonly pairs = new Set<Pair>();
  private state: NetworkState = 'pass';
  private delayMs = 0;

  private constructor(server: Server, target: number) {
    const { address, port } = server.address() as AddressInfo;
    this.server = server;
    this.host = address;
    this.port = port;
    this.target = target;
    server.on('connection', (socket) => {
      this.accept(socket);
    });
  }

  /** @param target port on 127.0.0.1 where bytes go; @param listen where they come in, by default any port of 127.0.0.1 */
  static async to(target: number, listen: { host?: string; port?: number } = {}): Promise<TcpProxy> {
    const server = createServer({ noDelay: true }).listen(listen.port ?? 0, listen.host ?? '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, target);
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.pairs.size;
  }

  /** Connections that have lost bytes. */
  get lossy(): number {
    return [...this.pairs].filter(({ lossy }) => lossy).length;
  }

  /** As it should be. Connections that lost bytes in a hole are reset: what was lost does not come back. */
  pass(): void {
    this.state = 'pass';
    this.delayMs = 0;
    for (const pair of this.pairs) if (pair.lossy) pair.reset();
  }

  /** Bytes take so much longer in each direction. */
  slow(delayMs: number): void {
    this.state = 'pass';
    this.delayMs = delayMs;
  }

  /** Half-open: everything is lost, nobody is told. */
  blackhole(): void {
    this.state = 'hole';
  }

  /** Every connection is reset, and so is each new one. */
  refuse(): void {
    this.state = 'refuse';
    this.reset();
  }

  /** Resets the connections that are open, once. */
  reset(): number {
    const open = [...this.pairs];
    for (const pair of open) pair.reset();
    return open.length;
  }

  async close(): Promise<void> {
    this.reset();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.state === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    const pair = new Pair(client, server, () => ({ lost: this.state === 'hole', delayMs: this.delayMs }));
    this.pairs.add(pair);
    client.once('close', () => this.pairs.delete(pair));
  }
}

interface Weather {
  readonly lost: boolean;
  readonly delayMs: number;
}

/** One connection through the network. */
class Pair {
  /** It has lost bytes: whatever came after them would make no sense. */
  lossy = false;
  private readonly client: Socket;
  private readonly server: Socket;

  constructor(client: Socket, server: Socket, weather: () => Weather) {
    this.client = client;
    this.server = server;
    this.forward(client, server, weather);
    this.forward(server, client, weather);
  }

  reset(): void {
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }

  private forward(from: Socket, to: Socket, weather: () => Weather): void {
    const line = new DelayLine(from);
    const later = (act: () => void): void => {
      const { lost, delayMs } = weather();
      this.lossy ||= lost;
      if (!this.lossy) line.add(delayMs, act);
    };
    from.on('error', () => undefined);
    from.on('data', (chunk: Buffer) => {
      later(() => {
        if (to.destroyed || to.write(chunk)) return;
        from.pause();
        to.once('drain', () => from.resume());
      });
    });
    from.once('end', () => {
      later(() => to.end());
    });
    from.once('close', () => {
      later(() => to.destroy());
    });
  }
}

interface Pausable {
  pause(): unknown;
  resume(): unknown;
}

/** Does things in the order in which they were asked for, each after its delay. */
export class DelayLine {
  private readonly waiting: { readonly due: number; readonly act: () => void }[] = [];
  private readonly from: Pausable;

  /** @param from is stopped while too much waits */
  constructor(from: Pausable) {
    this.from = from;
  }

  add(delayMs: number, act: () => void): void {
    if (delayMs === 0 && this.waiting.length === 0) {
      act();
      return;
    }
    this.waiting.push({ due: machineMs() + delayMs, act });
    if (this.waiting.length === 1) this.wait(delayMs);
    if (this.waiting.length > MAX_DELAYED) this.from.pause();
  }

  private wait(ms: number): void {
    setTimeout(
      () => {
        const behind = this.waiting.length > MAX_DELAYED;
        let next = this.waiting[0];
        // The first one is due whatever the clock says: timers may end a millisecond early.
        do {
          this.waiting.shift();
          next?.act();
          next = this.waiting[0];
        } while (next !== undefined && next.due <= machineMs());
        if (behind && this.waiting.length <= MAX_DELAYED) this.from.resume();
        if (next !== undefined) this.wait(next.due - machineMs());
      },
      Math.max(0, ms),
    );
  }
}
