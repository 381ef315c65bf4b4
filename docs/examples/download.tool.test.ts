import { VirtualClock } from '@mcp-cluster/testkit';
import { RecordingContext } from '@mcp-cluster/tools/testing';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DownloadTool } from './download.tool.js';
import { dataFolder, until } from './examples.fixture.js';

/** A server whose address is the source `here`, and the tool. */
async function serving(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
  const folder = await dataFolder({ 'sources.json': JSON.stringify({ here: url }) });
  const clock = new VirtualClock();
  return { folder, clock, tool: new DownloadTool(folder, clock) };
}

const ARGUMENTS = { source: 'here', file: 'book.txt' };

describe('download', () => {
  it('S03: writes the file and reports bytes, with a total when the server says it', async () => {
    const { folder, tool } = await serving((_request, response) => {
      response.writeHead(200, { 'content-length': 12 }).end('hello, world');
    });
    const context = new RecordingContext();
    expect(await tool.download(ARGUMENTS, context)).toEqual({ file: 'book.txt', bytes: 12 });
    expect(await readFile(join(folder, 'book.txt'), 'utf8')).toBe('hello, world');
    expect(context.reports.at(-1)).toEqual({ progress: 12, total: 12, message: '12 of 12 bytes' });
  });

  it('S03: leaves the total out when the server does not say it', async () => {
    const { tool } = await serving((_request, response) => {
      response.write('hello, ');
      response.end('world');
    });
    const context = new RecordingContext();
    await tool.download(ARGUMENTS, context);
    expect(context.reports.at(-1)).toEqual({ progress: 12, total: undefined, message: '12 bytes' });
  });

  it('S16: a cancelled download ends its connection and leaves nothing behind', async () => {
    let answering: ServerResponse | undefined;
    const { folder, tool } = await serving((_request, response) => {
      answering = response;
      response.write('the beginning'); // and never the end
    });
    const context = new RecordingContext();
    const outcome = expect(tool.download(ARGUMENTS, context)).rejects.toThrow();
    await until(() => context.reports.length > 0);
    context.cancel();
    await outcome;
    await until(() => answering?.destroyed === true);
    expect(await readdir(folder)).toEqual(['sources.json']);
  });

  it('asks a busy server again after a while', async () => {
    let requests = 0;
    const { clock, tool } = await serving((_request, response) => {
      requests += 1;
      response.writeHead(requests < 3 ? 503 : 200).end('at last');
    });
    const downloading = tool.download(ARGUMENTS, new RecordingContext());
    for (const attempt of [1, 2]) {
      await until(() => clock.pending === 1);
      expect(requests).toBe(attempt);
      await clock.advance(2_000);
    }
    expect(await downloading).toEqual({ file: 'book.txt', bytes: 7 });
  });

  it('S16: waits no longer when it is cancelled', async () => {
    const { clock, tool } = await serving((_request, response) => {
      response.writeHead(503).end();
    });
    const context = new RecordingContext();
    const outcome = expect(tool.download(ARGUMENTS, context)).rejects.toThrow('cancelled by the test');
    await until(() => clock.pending === 1);
    context.cancel();
    await outcome;
    expect(clock.pending).toBe(0);
  });

  it.each([
    ['a source that nobody listed', { ...ARGUMENTS, source: 'http://localhost/' }, 'source: expected one of here, got'],
    ['an answer that is an error', ARGUMENTS, 'source: here answered with HTTP 404'],
  ])('refuses %s', async (_what, args, message) => {
    const { folder, tool } = await serving((_request, response) => {
      response.writeHead(404).end();
    });
    await expect(tool.download(args, new RecordingContext())).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual(['sources.json']);
  });

  it('says that a list of sources is broken, and nothing of what is in it', async () => {
    const folder = await dataFolder({ 'sources.json': '{ "here": "http://user:secret@example.com" ' });
    const tool = new DownloadTool(folder, new VirtualClock());
    await expect(tool.download(ARGUMENTS, new RecordingContext())).rejects.toThrow(
      /^source: this server's list of sources is broken$/,
    );
  });

  it('does not follow a listed source to another address', async () => {
    const { tool } = await serving((_request, response) => {
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    });
    await expect(tool.download(ARGUMENTS, new RecordingContext())).rejects.toThrow('source: here cannot be reached');
  });
});
