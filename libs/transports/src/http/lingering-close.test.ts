import { connect } from 'node:net';
import { HttpNode } from '@mcp-cluster/testkit/http';
import { expect, it, onTestFinished } from 'vitest';
import { MAX_BODY_BYTES } from './body.js';
import { LINGER_BYTES } from './lingering-close.js';

const serve = () => HttpNode.serve(onTestFinished);
const MEGABYTE = Buffer.alloc(1024 * 1024, ' ');
const CHUNK = Buffer.concat([Buffer.from('100000\r\n'), MEGABYTE, Buffer.from('\r\n')]);

const HEAD = 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n';

it.each([
  ['declared', `Content-Length: ${String(2 * MAX_BODY_BYTES)}`, MEGABYTE],
  ['chunked', 'Transfer-Encoding: chunked', CHUNK],
])('S02: a client that sends all of a body that is too large (%s) still reads the 413', async (_how, framing, part) => {
  const node = await serve();
  const whole = Buffer.concat([Buffer.from(`${HEAD}${framing}\r\n\r\n`), ...Array.from({ length: 8 }, () => part)]);
  const socket = connect({ port: node.port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  let received = '';
  // It reads when it has sent all, and not before. A connection that was reset by then has lost the answer.
  socket.write(whole, () => {
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  });
  await new Promise((resolve) => socket.once('close', resolve));
  expect(received).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":-32600/);
});

it('S02: a client that never ends is cut', async () => {
  const node = await serve();
  const socket = connect({ port: node.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
  let sent = 0;
  while (!socket.destroyed && sent < 4 * LINGER_BYTES) {
    sent += MEGABYTE.length;
    if (!socket.write(CHUNK)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
  }
  await closed;
  expect(sent).toBeGreaterThan(LINGER_BYTES);
  expect(sent).toBeLessThan(2 * LINGER_BYTES);
});
