import { connect } from 'node:net';
import { ANSWER_MS, ENDS_CONNECTION, HOLD_MS, MAX_TEXT, STREAM_MS, type Outcome } from './outcome.js';
import { fillSessions } from './session-places.js';

/** Milliseconds between two pieces, so that they arrive as separate reads. */
const BETWEEN_MS = 2;
/** No input holds such a line, and an answer's JSON could only quote one. */
const STATUS_LINE = /HTTP\/1\.[01] (\d{3}) /g;

export interface RawShape {
  readonly pieces: readonly Buffer[];
  readonly demanded: number;
  readonly hangUp: boolean;
}

/** Writes the bytes on a connection of their own. Resolves always, and the connection is closed then. */
export function sendRaw(url: URL, { pieces, demanded, hangUp }: RawShape, sessions: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    const left = [...pieces];
    let text = '';
    let failure: string | undefined;
    let timer = setTimeout(() => {
      failure = `none within ${String(ANSWER_MS)} ms`;
      socket.destroy();
    }, ANSWER_MS);
    const closeIn = (ms: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => socket.destroy(), ms);
    };
    const write = (): void => {
      const piece = left.shift();
      if (piece !== undefined) {
        if (socket.destroyed) return;
        const filled = piece.includes('{session:') ? Buffer.from(fillSessions(piece.toString('latin1'), sessions), 'latin1') : piece;
        socket.write(filled);
        setTimeout(write, BETWEEN_MS);
      } else if (hangUp) socket.destroy();
      else if (demanded === 0) closeIn(HOLD_MS);
    };
    socket.once('connect', write);
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text = (text + chunk).slice(0, MAX_TEXT);
      if (demanded > 0 && (ENDS_CONNECTION.test(text) || statusesOf(text).length >= demanded)) closeIn(STREAM_MS);
    });
    // A reset after an answer is how a refused connection may end; without one it is the failure.
    socket.once('error', (error) => (failure ??= error.message));
    socket.once('close', () => {
      clearTimeout(timer);
      resolve({ statuses: statusesOf(text), text, ...(failure === undefined ? {} : { failure }) });
    });
  });
}

function statusesOf(text: string): number[] {
  return [...text.matchAll(STATUS_LINE)].map(([, status]) => Number(status)).filter((status) => status >= 200);
}
