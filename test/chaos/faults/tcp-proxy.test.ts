import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { machineMs } from '../workloads/time.ts';
import { DelayLine, TcpProxy } from './tcp-proxy.ts';

let echo: Server;
let proxy: TcpProxy;
const ends: Socket[] = [];
beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await TcpProxy.to((echo.address() as AddressInfo).port);
});
afterEach(async () => {
  for (const end of ends.splice(0)) end.destroy();
  await proxy.close();
  echo.close();
});

async function open(): Promise<Socket> {
  const socket = connect(proxy.port, proxy.host).setEncoding('utf8');
  ends.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** Resolves when a connection of the proxy has lost bytes. */
async function lossy(): Promise<void> {
  await vi.waitUntil(() => proxy.lossy > 0);
}

async function said(socket: Socket, wanted: string): Promise<void> {
  let text = '';
  while (text.length < wanted.length) text += ((await once(socket, 'data')) as [string])[0];
  expect(text).toBe(wanted);
}

it('passes bytes on', async () => {
  const socket = await open();
  socket.write('hello');
  await said(socket, 'hello');
});

it('keeps the order when a delay ends, and stops a sender that is too far ahead', async () => {
  const calls: string[] = [];
  const line = new DelayLine({ pause: () => calls.push('pause'), resume: () => calls.push('resume') });
  const order: number[] = [];
  await new Promise<void>((resolve) => {
    line.add(30, () => order.push(-1));
    for (let piece = 0; piece <= 1_000; piece += 1) line.add(0, () => order.push(piece));
    line.add(5, resolve);
  });
  expect(order).toEqual(order.toSorted((first, second) => first - second));
  expect(order).toHaveLength(1_002);
  expect(new Set(calls)).toEqual(new Set(['pause', 'resume']));
});

it('takes its time', async () => {
  const socket = await open();
  proxy.slow(30);
  const before = machineMs();
  socket.write('late');
  await said(socket, 'late');
  // Timers may end a millisecond early.
  expect(machineMs() - before).toBeGreaterThan(50);
});

it('a hole tells nobody, and its connections are reset when it is mended', async () => {
  const socket = await open();
  socket.write('before');
  await said(socket, 'before');
  let heard = '';
  socket.on('data', (text: string) => (heard += text));
  proxy.blackhole();
  socket.write('lost');
  const late = await open();
  expect(socket.destroyed).toBe(false);
  expect(late.destroyed).toBe(false);
  const gone = once(socket, 'close').catch(() => undefined);
  socket.on('error', () => undefined);
  await lossy();
  proxy.pass();
  await gone;
  expect(heard).toBe('');
  const again = await open();
  again.write('after');
  await said(again, 'after');
});

it('refuses: what is open is reset, and so is what is new', async () => {
  const socket = await open();
  const reset = new Promise<Error>((resolve) => socket.once('error', resolve));
  // It is connected on both sides once something has come back.
  socket.write('x');
  await said(socket, 'x');
  proxy.refuse();
  expect(await reset).toMatchObject({ code: 'ECONNRESET' });
  const late = connect(proxy.port, proxy.host);
  ends.push(late);
  const error = await new Promise<Error>((resolve) => late.once('error', resolve));
  expect(error).toMatchObject({ code: 'ECONNRESET' });
});
