import { connect } from 'node:net';
import { SESSION_PLACEHOLDER, type FuzzInput } from './inputs.js';

export interface Outcome {
  /** Undefined when none came. */
  readonly status: number | undefined;
  /** The JSON body, where there was a whole one. */
  readonly json: unknown;
  /** The body said that it was JSON and was not. */
  readonly broken: boolean;
}

/** Milliseconds to wait for an answer that must come: loaded machines are slow, hung servers are slower. */
const PATIENCE_MS = 15_000;
/** Milliseconds to read on after the head of an answer came (event streams may never end), and to wait where nothing may come. */
const LINGER_MS = 1_000;

/** Sends one input over a connection of its own and reads what comes. Never rejects. */
export function send(url: URL, input: FuzzInput, session: string): Promise<Outcome> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const socket = connect({ host: url.hostname, port: Number(url.port) });
    const settle = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(read(received));
    };
    let timer = setTimeout(settle, input.deservesAnswer ? PATIENCE_MS : LINGER_MS);
    socket.on('data', (chunk: Buffer) => {
      if (received.length === 0) {
        clearTimeout(timer);
        timer = setTimeout(settle, LINGER_MS);
      }
      received = Buffer.concat([received, chunk]);
      // An interim answer is none yet.
      if (/^HTTP\/1\.1 1\d\d /.test(received.toString('latin1', 0, 16))) {
        const end = received.indexOf('\r\n\r\n');
        if (end !== -1) received = received.subarray(end + 4);
        clearTimeout(timer);
        timer = setTimeout(settle, PATIENCE_MS);
      }
    });
    socket.on('close', settle);
    socket.on('error', settle);
    socket.on('connect', () => {
      const head = Buffer.from(input.head.replaceAll(SESSION_PLACEHOLDER, session), 'latin1');
      const whole = Buffer.concat([head, input.body]);
      if (input.hangUpAt >= whole.length) {
        socket.write(whole);
        return;
      }
      socket.write(whole.subarray(0, input.hangUpAt), () => {
        socket.destroy();
      });
    });
  });
}

function read(received: Buffer): Outcome {
  const text = received.toString('utf8');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
  const headEnd = text.indexOf('\r\n\r\n');
  if (status === undefined || headEnd === -1) return { status: undefined, json: undefined, broken: false };
  const head = text.slice(0, headEnd).toLowerCase();
  const body = received.subarray(Buffer.byteLength(text.slice(0, headEnd + 4)));
  const length = /content-length: (\d+)/.exec(head)?.[1];
  const whole = length !== undefined && body.length >= Number(length) && body.length > 0;
  if (!whole || !head.includes('content-type: application/json'))
    return { status: Number(status), json: undefined, broken: false };
  try {
    return { status: Number(status), json: JSON.parse(body.toString('utf8')) as unknown, broken: false };
  } catch {
    return { status: Number(status), json: undefined, broken: true };
  }
}
