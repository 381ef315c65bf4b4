import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { testTool } from '@mcp-cluster/testkit/protocol';
import { envelope, HeldTool, HttpNode, readFrames } from '@mcp-cluster/testkit/http';
import { expect, it, onTestFinished } from 'vitest';

/** Long enough for a reader on a busy machine that does read. */
const STALL_MS = 400;
/** Where nothing is to stall: a busy machine must not make it. */
const PATIENT_MS = 10_000;
/** More than the kernel takes on both sides. */
const HUGE = 'x'.repeat(32 * 1024 * 1024);
const huge = testTool('huge', () => HUGE);

async function serve(stallMs: number, ...more: (typeof huge)[]) {
  const node = await HttpNode.start({ tools: [huge, ...more], stallMs });
  onTestFinished(() => node.stop());
  return node;
}

const token = { _meta: { progressToken: 1 } };
/** The head of a POST of 2026-07-28. */
function requestHead(tool: string, length: number, ...more: string[]): string {
  const lines = [
    'POST /mcp HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    'Accept: application/json, text/event-stream',
    'MCP-Protocol-Version: 2026-07-28',
    'Mcp-Method: tools/call',
    `Mcp-Name: ${tool}`,
    `Content-Length: ${String(length)}`,
    ...more,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const closed = (node: HttpNode) => once(node.lastResponse, 'close');

it('S20: a stream of 2026-07-28 whose reader has stopped is closed, and the call with it', async () => {
  const flooding = testTool('flooding', async (_args, context) => {
    for (;;) {
      context.log('info', 'x'.repeat(64 * 1024));
      await context.breathe();
    }
  });
  const node = await serve(STALL_MS, flooding);
  const level = { _meta: { 'io.modelcontextprotocol/logLevel': 'info' } };
  await node.stateless('tools/call', { name: 'flooding', ...level });
  await closed(node);
  expect(node.record.closings).toEqual([['call', 'stalled']]);
  expect(node.node.ended).toMatchObject([{ outcome: 'cancelled' }]);
});

it('S16, S20: a session’s stream whose reader has stopped is closed, and its client gets the answer when it comes back', async () => {
  const node = await serve(STALL_MS);
  const session = await node.session();
  const stalled = await node.post(node.message('tools/call', { name: 'huge', ...token }, 'call'), session);
  await closed(node);
  expect(node.record.closings).toEqual([['call', 'stalled']]);
  const [primed] = readFrames(await stalled.until('\n\n'));
  await expect(stalled.text()).rejects.toThrow();
  const events = await (await node.listen(session, primed?.id)).events();
  expect(events).toMatchObject([{ id: 'call', result: {} }]);
  expect(JSON.stringify(events).length).toBeGreaterThan(HUGE.length);
});

it('S20: a resumed stream has the same guard', async () => {
  const node = await serve(STALL_MS);
  const session = await node.session();
  const first = await node.post(node.message('tools/call', { name: 'huge', ...token }, 'call'), session);
  await closed(node);
  const [primed] = readFrames(await first.until('\n\n'));
  await node.listen(session, primed?.id); // and does not read
  await closed(node);
  expect(node.record.closings).toEqual([
    ['call', 'stalled'],
    ['call', 'stalled'],
  ]);
  expect(await (await node.listen(session, primed?.id)).events()).toHaveLength(1);
});

it('S20: a JSON answer whose reader has stopped is closed', async () => {
  const node = await serve(STALL_MS);
  const answer = await node.stateless('tools/call', { name: 'huge' });
  await closed(node);
  await expect(answer.text()).rejects.toThrow();
  expect(node.lastResponse.writableFinished).toBe(false);
});

it('S20: a reader that goes on reading keeps its answer', async () => {
  const node = await serve(PATIENT_MS);
  const socket = connect({ port: node.port, host: '127.0.0.1' });
  onTestFinished(() => void socket.destroy());
  const body = JSON.stringify(node.message('tools/call', { name: 'huge', _meta: envelope() }));
  socket.write(`${requestHead('huge', body.length, 'Connection: close')}${body}`);
  let received = 0;
  for await (const chunk of socket) {
    received += (chunk as Buffer).length;
    await turn();
  }
  expect(received).toBeGreaterThan(HUGE.length);
});

it('S14, S20: a quiet stream is not stalled', async () => {
  const held = new HeldTool();
  const node = await serve(STALL_MS, held.definition);
  const answering = node.stateless('tools/call', { name: 'held', ...token });
  (await held.started).progress(1, 2, 'half');
  const answer = await answering;
  await answer.until('half');
  await once(node.lastResponse, 'timeout'); // the socket's timer ran out, and nothing waited
  held.release();
  expect(await answer.events()).toHaveLength(2);
});

it('S20: the guard of one answer does not cut the next one on its connection', async () => {
  const held = new HeldTool();
  const node = await serve(PATIENT_MS, held.definition);
  const socket = connect({ port: node.port, host: '127.0.0.1' });
  onTestFinished(() => void socket.destroy());
  const post = (name: string) => {
    const body = JSON.stringify(node.message('tools/call', { name, _meta: envelope() }));
    return `${requestHead(name, body.length)}${body}`;
  };
  socket.write(post('huge') + post('held')); // the second is there before the first is answered
  await held.started;
  const [first, second] = node.responses;
  if (first === undefined || second === undefined) throw new Error('expected two requests');
  const finished = once(first, 'finish');
  socket.resume();
  await finished;
  expect(second.socket).not.toBeNull();
  expect(second.socket?.timeout).toBe(0);
});
