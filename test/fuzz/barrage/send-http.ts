import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { withFraming, type HttpShape } from './input.js';
import { ANSWER_MS, MAX_TEXT, STREAM_MS, type Outcome } from './outcome.js';
import { fillSessions } from './session-places.js';

/** Connections to the door that are used again and again, so that one input could spoil the next one's. */
export function fuzzAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 64 });
}

/** Sends the request with Node's client. Resolves always. */
export function sendHttp(url: URL, agent: Agent, shape: HttpShape, sessions: readonly string[]): Promise<Outcome> {
  const { method, path, headers, body } = withFraming(shape, url.host);
  const flat = headers.flatMap(([name, value]) => [name, fillSessions(value, sessions)]);
  return new Promise((resolve) => {
    const controller = new AbortController();
    const { signal } = controller;
    let response: IncomingMessage | undefined;
    let text = '';
    const finish = (failure?: string): void => {
      clearTimeout(patience);
      const statuses = response?.statusCode === undefined ? [] : [response.statusCode];
      resolve({ statuses, text, ...(failure === undefined ? {} : { failure }) });
    };
    const patience = setTimeout(() => {
      finish(`none within ${String(ANSWER_MS)} ms, ${socketState(sent)}`);
      controller.abort();
    }, ANSWER_MS);
    const sent = request({ host: url.hostname, port: url.port, method, path, headers: flat, agent, signal });
    sent.once('error', (error) => {
      finish(error.message);
    });
    sent.once('response', (incoming) => {
      response = incoming;
      incoming.setEncoding('latin1');
      incoming.on('data', (chunk: string) => (text = (text + chunk).slice(0, MAX_TEXT)));
      incoming.once('end', () => {
        finish();
      });
      incoming.once('error', (error) => {
        finish(error.message);
      });
      if (incoming.headers['content-type']?.startsWith('text/event-stream') !== true) return;
      const cut = setTimeout(() => {
        finish();
        controller.abort();
      }, STREAM_MS);
      incoming.once('close', () => {
        clearTimeout(cut);
      });
    });
    sent.end(body);
  });
}

/** Whether the request ever got to the wire: where it did not, the client is to blame. */
function socketState({ socket, reusedSocket }: ClientRequest): string {
  if (socket === null) return 'it never got a socket';
  const { localPort, connecting, bytesWritten, bytesRead, readyState } = socket;
  const facts = { localPort, connecting, reusedSocket, bytesWritten, bytesRead, readyState };
  return `socket ${JSON.stringify(facts)}`;
}
