import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { FrameReader, type Frame } from './event-frames.ts';

const TYPES = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };

/** What an exchange brings, one piece after the other: the events of a stream, or one body. */
export type Piece = { readonly frame: Frame } | { readonly body: string };

/** A request whose answer has begun, on a connection of its own. */
export interface HttpExchange {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly isStream: boolean;
  /** Everything that comes, until the answer's end; throws when the connection is cut before it. */
  pieces(): AsyncGenerator<Piece>;
  whole(): Promise<string>;
  drop(): void;
}

/** Resolves when the head of the answer is there; rejects when the connection cannot be had, or is cut before it. */
export async function exchange(
  url: string,
  method: 'POST' | 'GET' | 'DELETE',
  headers: Readonly<Record<string, string>>,
  body?: object,
  signal?: AbortSignal,
): Promise<HttpExchange> {
  const options = { method, headers: { ...TYPES, ...headers }, agent: false, ...(signal && { signal }) };
  const sent = request(url, options);
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  // What breaks later is told by the answer.
  sent.on('error', () => undefined);
  response.setEncoding('utf8');
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    isStream: response.headers['content-type']?.startsWith('text/event-stream') === true,
    pieces: () => readPieces(response),
    whole: async () => {
      let text = '';
      for await (const chunk of response) text += chunk as string;
      return text;
    },
    drop: () => {
      response.destroy();
    },
  };
}

async function* readPieces(response: IncomingMessage): AsyncGenerator<Piece> {
  if (response.headers['content-type']?.startsWith('text/event-stream') !== true) {
    let body = '';
    for await (const chunk of response) body += chunk as string;
    yield { body };
    return;
  }
  const reader = new FrameReader();
  for await (const chunk of response) for (const frame of reader.take(chunk as string)) yield { frame };
  if (reader.half) throw new Error('the stream ended within an event');
}
