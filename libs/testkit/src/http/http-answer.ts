import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { WireMessage } from '../protocol/recording-reply.js';

/** One event of a stream. A priming event has no message. */
export interface StreamEvent {
  readonly id: string | undefined;
  readonly retry: number | undefined;
  readonly message: WireMessage | undefined;
}

const FRAME = /^(?:id: (?<id>[!-~]+)\n)?(?:retry: (?<retry>\d+)\n)?(?:event: message\n)?data: (?<data>[^\n]*)$/;

/**
 * The events of a stream, in their order, without comments; half an event at the end is left out. Throws at a frame
 * that is neither an event of ours nor a comment.
 */
export function readFrames(text: string): StreamEvent[] {
  const frames = text.split('\n\n').slice(0, -1);
  return frames.flatMap((frame) => {
    if (frame.startsWith(': ')) return [];
    const { id, retry, data } = FRAME.exec(frame)?.groups ?? {};
    const primes = data === '' && id !== undefined && !frame.includes('event:');
    if (data === undefined || (data === '' && !primes))
      throw new Error(`not a frame of an event stream: ${JSON.stringify(frame)}`);
    return [
      {
        id,
        retry: retry === undefined ? undefined : Number(retry),
        message: primes ? undefined : (JSON.parse(data) as WireMessage),
      },
    ];
  });
}

/** The messages of an event stream, in their order. */
export function readEvents(text: string): WireMessage[] {
  return readFrames(text).flatMap(({ message }) => (message === undefined ? [] : [message]));
}

/** An HTTP answer whose headers are there. Its body is not read before somebody asks for it. */
export class HttpAnswer {
  private received = '';
  private ended = false;
  private failed: Error | undefined;
  private reading = false;
  private wake: (() => void)[] = [];

  constructor(private readonly response: IncomingMessage) {}

  get status(): number {
    return this.response.statusCode ?? 0;
  }
  get headers(): IncomingHttpHeaders {
    return this.response.headers;
  }
  get isStream(): boolean {
    return this.headers['content-type'] === 'text/event-stream';
  }

  /** The text so far, once it holds `part`. Rejects when the answer ends without it. */
  async until(part: string): Promise<string> {
    this.read();
    while (!this.received.includes(part)) {
      if (this.ended)
        throw (
          this.failed ?? new Error(`the answer ended without ${JSON.stringify(part)}: ${this.received.slice(0, 500)}`)
        );
      await this.more();
    }
    return this.received;
  }

  /** The whole text. Rejects when the connection breaks before its end. */
  async text(): Promise<string> {
    this.read();
    while (!this.ended) await this.more();
    if (this.failed !== undefined) throw this.failed;
    return this.received;
  }

  async json(): Promise<WireMessage> {
    return JSON.parse(await this.text()) as WireMessage;
  }

  async events(): Promise<WireMessage[]> {
    return readEvents(await this.text());
  }

  async frames(): Promise<StreamEvent[]> {
    return readFrames(await this.text());
  }

  /** The text that has come so far. */
  get soFar(): string {
    return this.received;
  }

  /** Breaks the connection, as a client that goes away does. */
  disconnect(): void {
    this.response.destroy();
  }

  private read(): void {
    if (this.reading) return;
    this.reading = true;
    this.response.setEncoding('utf8');
    this.response.on('data', (chunk: string) => {
      this.received += chunk;
      this.changed();
    });
    this.response.on('end', () => {
      this.ended = true;
      this.changed();
    });
    this.response.on('error', (error) => {
      this.ended = true;
      this.failed = error;
      this.changed();
    });
  }

  private more(): Promise<void> {
    return new Promise((resolve) => this.wake.push(resolve));
  }

  private changed(): void {
    for (const wake of this.wake.splice(0)) wake();
  }
}
