import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A TCP connection, for requests that no HTTP client would send. */
export class RawConnection {
  private received = '';
  private readonly closing: Promise<void>;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (this.received += chunk));
    // A server that refuses may close while we still send.
    socket.on('error', () => undefined);
    this.closing = new Promise((resolve) =>
      socket.once('close', () => {
        resolve();
      }),
    );
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Sends a POST to `/mcp` up to the end of its headers. */
  head(...headers: string[]): void {
    const lines = ['POST /mcp HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', ...headers];
    this.send(`${lines.join('\r\n')}\r\n\r\n`);
  }

  send(data: string | Uint8Array): void {
    this.socket.write(data);
  }

  /** Everything that came until the server closed the connection. */
  async untilClosed(): Promise<string> {
    await this.closing;
    return this.received;
  }

  close(): void {
    this.socket.destroy();
  }
}
