import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { usedHeap } from '../harness/heap.ts';
import { postBytes, statelessBody, statelessHeaders } from '../harness/raw-request.ts';
import { sleepAwake } from '../harness/sleep-awake.ts';
import { residentMebibytes } from '../harness/process-usage.ts';
import { startStreamNode } from '../harness/stream-node.ts';

export interface IdleRun {
  readonly kind: string;
  readonly streams: number;
  /** Heap of the node for one stream, garbage collected, in KiB. */
  readonly heapKiB: number;
  /** Resident memory for one stream, in KiB: with the kernel's and libuv's part of a connection. */
  readonly residentKiB: number;
}

/** What a stream costs on which nothing is said: listen streams of 2026-07-28, GET streams of 2025-11-25. */
export async function measureIdle(streams: number): Promise<IdleRun[]> {
  return [
    await measure('listen, 2026-07-28', streams, listenRequest),
    await measure('GET, 2025-11-25', streams, getRequest),
  ];
}

async function measure(
  kind: string,
  streams: number,
  requestOf: (url: string, at: number) => Promise<Buffer>,
): Promise<IdleRun> {
  const node = await startStreamNode();
  const sockets: Socket[] = [];
  try {
    // The first streams bring what all share: compiled code, buffers, hidden classes.
    for (let at = 0; at < 50; at += 1) sockets.push(await openStream(node.port, await requestOf(node.url, at)));
    const before = await usedHeap(node.inspectorUrl);
    const residentBefore = residentMebibytes(node.pid);
    for (let at = 0; at < streams; at += 1)
      sockets.push(await openStream(node.port, await requestOf(node.url, 50 + at)));
    await sleepAwake(1_000);
    const heapKiB = (await usedHeap(node.inspectorUrl)) / 1_024 - before / 1_024;
    const residentKiB = (residentMebibytes(node.pid) - residentBefore) * 1_024;
    return { kind, streams, heapKiB: heapKiB / streams, residentKiB: residentKiB / streams };
  } finally {
    for (const socket of sockets) socket.destroy();
    await node.stop();
  }
}

/** Opens a stream and waits for its first bytes. */
async function openStream(port: number, request: Buffer): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(request);
  const [head] = (await once(socket, 'data')) as [Buffer];
  if (!head.toString('latin1').startsWith('HTTP/1.1 200'))
    throw new Error(`no stream: ${head.toString().slice(0, 200)}`);
  socket.on('error', () => undefined).resume();
  return socket;
}

function listenRequest(_url: string, at: number): Promise<Buffer> {
  const notifications = { toolsListChanged: true, resourceSubscriptions: [`data://file-${String(at)}.csv`] };
  const body = statelessBody('subscriptions/listen', { notifications }, at);
  return Promise.resolve(postBytes(statelessHeaders('subscriptions/listen'), body));
}

async function getRequest(url: string): Promise<Buffer> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } };
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }),
  });
  await answer.text();
  const session = answer.headers.get('mcp-session-id');
  if (session === null) throw new Error('initialize gave no session');
  const lines = ['GET /mcp HTTP/1.1', 'host: localhost', 'accept: text/event-stream', `mcp-session-id: ${session}`];
  return Buffer.from(`${[...lines, 'mcp-protocol-version: 2025-11-25'].join('\r\n')}\r\n\r\n`);
}
