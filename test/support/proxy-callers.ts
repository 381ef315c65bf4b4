import { connect, constants } from 'node:http2';
import { Client as NewClient, StreamableHTTPClientTransport as NewTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { beginSession, echo, inSession, type RawOptions } from './raw-http.js';

/** Calls `echo` in one of the eras. */
export interface Caller {
  call(delayMs: number, options?: RawOptions): RequestInit;
  /** Ends the call by a message, where the era has one; else closing its connection is the only way. */
  cancel(): Promise<unknown>;
}

export interface Era {
  readonly era: string;
  readonly begin: (url: string) => Promise<Caller>;
}

export const statelessEra: Era = {
  era: '2026-07-28',
  begin: () =>
    Promise.resolve({
      call: (delayMs, options) => echo('hi', delayMs, options),
      cancel: () => Promise.resolve(),
    }),
};

export const sessionEra: Era = {
  era: '2025-11-25',
  begin: async (url) => {
    const session = await beginSession(url);
    return {
      call: (delayMs, { progressToken, ...options } = {}) => {
        const _meta = progressToken === undefined ? {} : { _meta: { progressToken } };
        const params = { name: 'echo', arguments: { text: 'hi', delayMs }, ..._meta };
        return inSession(session, { id: 1, method: 'tools/call', params }, options);
      },
      cancel: () => fetch(url, inSession(session, { method: 'notifications/cancelled', params: { requestId: 1 } })),
    };
  },
};

const INFO = { name: 'proxies-test', version: '1' };

/** The SDK's v2 client in revision 2026-07-28. */
export async function connectNewClient(url: string): Promise<NewClient> {
  const client = new NewClient(INFO, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(new NewTransport(new URL(url)));
  return client;
}

/** The SDK's v1 client, which knows revisions up to 2025-11-25. */
export async function connectOldClient(url: string): Promise<OldClient> {
  const client = new OldClient(INFO);
  await client.connect(new OldTransport(new URL(url)));
  return client;
}

export interface Http2Call {
  /** Resolves with the first bytes of the answer, which are one event or a comment. */
  readonly first: Promise<string>;
  /** Resets the stream, as a client does that no longer wants the answer. The connection stays open. */
  cancel(): Promise<void>;
  close(): Promise<void>;
}

/** Sends a request that `fetch` would take over HTTP/2. */
export function http2Call(origin: string, { headers, body }: RequestInit): Http2Call {
  const client = connect(origin);
  const stream = client.request({
    ...(headers as Record<string, string>),
    ':method': 'POST',
    ':path': '/mcp',
    ':authority': new URL(origin).host,
  });
  const gone = new Promise<void>((resolve) => stream.once('close', resolve));
  const first = new Promise<string>((resolve, reject) => {
    stream.setEncoding('utf8').once('data', resolve).once('error', reject);
    client.once('error', reject);
  });
  stream.end(body);
  return {
    first,
    cancel: () => {
      stream.close(constants.NGHTTP2_CANCEL);
      return gone;
    },
    close: () =>
      new Promise((resolve) => {
        client.close(resolve);
      }),
  };
}
