import { testTool } from '@mcp-cluster/testkit/protocol';
import { HttpNode, RawConnection } from '@mcp-cluster/testkit/http';
import { expect, it, onTestFinished } from 'vitest';
import { MAX_BODY_BYTES } from './body.js';

const size = testTool('size', (args) => String(String(args['text']).length));
const serve = () => HttpNode.serve(onTestFinished, size);

it('S02: a body that is declared too large is 413 before it is sent, and the connection is closed', async () => {
  const node = await serve();
  const connection = await RawConnection.open(node.port);
  connection.head(`Content-Length: ${String(MAX_BODY_BYTES + 1)}`);
  const answer = await connection.untilClosed();
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toMatch(/\r\nConnection: close\r\n/);
  expect(answer).toContain(`body: expected at most ${String(MAX_BODY_BYTES)} bytes`);
});

it('S02: a chunked body that grows too large is 413 before its end', async () => {
  const node = await serve();
  const connection = await RawConnection.open(node.port);
  connection.head('Transfer-Encoding: chunked');
  const chunk = Buffer.alloc(MAX_BODY_BYTES / 64, ' ');
  for (let sent = 0; sent < 64; sent += 1) {
    connection.send(`${chunk.length.toString(16)}\r\n`);
    connection.send(chunk);
    connection.send('\r\n');
  }
  connection.send('1\r\n \r\n'); // one byte more, and no last chunk
  expect(await connection.untilClosed()).toMatch(/^HTTP\/1\.1 413 /);
});

it('S02: a body of the largest size is taken, declared or chunked', async () => {
  const node = await serve();
  const frame = JSON.stringify(node.message('tools/call', { name: 'size', arguments: { text: '' } }, 1));
  const room = MAX_BODY_BYTES - Buffer.byteLength(frame);
  const body = frame.replace('"text":""', `"text":"${'x'.repeat(room)}"`);
  expect(Buffer.byteLength(body)).toBe(MAX_BODY_BYTES);
  const session = await node.session();
  for (const framing of [{}, { 'transfer-encoding': 'chunked' }]) {
    const answer = await node.post(body, { ...session, ...framing });
    expect(answer.status).toBe(200);
    expect((await answer.json()).result).toEqual({ content: [{ type: 'text', text: String(room) }] });
  }
});

it.each([
  ['what is not JSON', '{', -32700],
  ['no body', '', -32700],
  ['a byte order mark', '\uFEFF{}', -32700],
  ['what is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), -32700],
  ['depth without end', '['.repeat(100_000), -32600],
  ['a million values', `[${'1,'.repeat(1_000_000)}1]`, -32602],
  ['a number', '7', -32600],
  ['null', 'null', -32600],
  ['another JSON-RPC', '{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600],
  ['params that are an array', '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', -32602],
])('S02: %s is answered with HTTP 400 and its code, and the node goes on', async (_case, body, code) => {
  const node = await serve();
  const answer = await node.post(body);
  expect([answer.status, answer.headers['content-type']]).toEqual([400, 'application/json']);
  expect((await answer.json()).error?.code).toBe(code);
  expect((await node.stateless('tools/list')).status).toBe(200);
});

it('S02: a refusal carries the id where one could be read, else null', async () => {
  const node = await serve();
  expect(await (await node.post({ jsonrpc: '1.0', id: 'mine', method: 'ping' })).json()).toMatchObject({ id: 'mine' });
  expect(await (await node.post('{')).json()).toMatchObject({ id: null });
});

it('S02: a body in many pieces is put together, also within a character', async () => {
  const node = await serve();
  const { 'mcp-session-id': id = '' } = await node.session();
  const body = Buffer.from(JSON.stringify(node.message('tools/call', { name: 'size', arguments: { text: '😀' } })));
  const connection = await RawConnection.open(node.port);
  connection.head(`Mcp-Session-Id: ${id}`, 'Connection: close', 'Transfer-Encoding: chunked');
  for (const byte of body) {
    connection.send('1\r\n');
    connection.send(Buffer.of(byte));
    connection.send('\r\n');
  }
  connection.send('0\r\n\r\n');
  expect(await connection.untilClosed()).toContain('"text":"2"');
});
