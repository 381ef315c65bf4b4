import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AddressPolicy } from './address.policy.js';
import { GuardedAgent } from './guarded-agent.js';
import { SiteReader, type Answer, type Visit } from './site-reader.js';
import { CrawledSite, redirectTo, type Route } from '@mcp-cluster/testkit/http';

async function make(routes: Record<string, Route>) {
  const site = await CrawledSite.start(routes, onTestFinished);
  const agent = new GuardedAgent({ policy: new AddressPolicy(['127.0.0.1']), maxResponseBytes: 100_000 });
  onTestFinished(() => agent.close());
  const clock = new VirtualClock();
  const reader = new SiteReader(agent, clock);
  const controller = new AbortController();
  const visit = { signal: controller.signal, timeoutMs: 5_000 };
  const read = (path: string, more: Partial<Visit> = {}) =>
    reader.read(new URL(path, site.origin), { ...visit, ...more }, textOf);
  return { site, clock, controller, reader, visit, read };
}

async function textOf({ url, status, body }: Answer) {
  let text = '';
  for await (const chunk of body) text += String(chunk);
  return { path: url.pathname + url.search, status, text };
}

/** A chain of `length` redirects to a page. */
function chain(length: number): Record<string, Route> {
  const hops = Array.from({ length }, (_, hop): [string, Route] => [`/${hop}`, redirectTo(`/${hop + 1}`)]);
  return { ...Object.fromEntries(hops), [`/${length}`]: 'the end' };
}

describe('SiteReader', () => {
  it('S10: follows five redirects and no sixth', async () => {
    const five = await make(chain(5));
    expect(await five.read('/0')).toEqual({ path: '/5', status: 200, text: 'the end' });
    const six = await make(chain(6));
    await expect(six.read('/0')).rejects.toMatchObject({ code: 'crawl.redirects', message: 'more than 5 redirects' });
    expect(six.site.requests).toHaveLength(6);
  });

  it.each([301, 302, 303, 307, 308])('S10: follows status %i', async (status) => {
    const { read } = await make({ '/a': { status, headers: { location: 'b?c#d' } }, '/b?c': 'found' });
    expect(await read('/a')).toEqual({ path: '/b?c', status: 200, text: 'found' });
  });

  it.each([300, 304, 302])('S10: status %i without a location is an answer', async (status) => {
    const { read } = await make({ '/a': { status } });
    expect((await read('/a')).status).toBe(status);
  });

  it.each([
    ['/a', 'crawl.redirects', 'redirects in a circle'],
    ['http://[', 'crawl.redirects', 'redirects to something that is no address'],
    ['file:///etc/passwd', 'crawl.scheme', 'redirects to an address that is neither http nor https'],
    ['//user:secret@127.0.0.1/', 'crawl.credentials', 'redirects to an address with a user name or password'],
    ['http://127.0.0.2/', 'crawl.not_public', 'redirects to an address that is not public'],
    ['http://0xa9fea9fe/', 'crawl.not_public', 'redirects to an address that is not public'],
    ['http://[::ffff:10.0.0.1]/', 'crawl.not_public', 'redirects to an address that is not public'],
    ['http://localhost/', 'crawl.not_public', 'redirects to an address that is not public'],
  ])('S10: O1: refuses a redirect to %s', async (location, code, message) => {
    const { site, read } = await make({ '/a': redirectTo(location) });
    await expect(read('/a')).rejects.toMatchObject({ code, message });
    expect(site.requests).toEqual(['/a']);
  });

  it('S10: every hop needs its permit', async () => {
    const { site, read } = await make(chain(2));
    const asked: [string, number][] = [];
    const permit = (url: URL, hop: number): void => {
      asked.push([url.pathname, hop]);
      if (hop === 1) throw new Error('not this one');
    };
    await expect(read('/0', { permit })).rejects.toThrow('not this one');
    expect(asked).toEqual([
      ['/0', 0],
      ['/1', 1],
    ]);
    expect(site.requests).toEqual(['/0']);
  });

  it.each([
    ['no answer', () => undefined],
    [
      'no end of the answer',
      (_request: unknown, response: { write(text: string): void }) => {
        response.write('begun');
      },
    ],
  ] as [string, Route][])('S10: gives up after its time: %s', async (_name, route) => {
    const { site, clock, read } = await make({ '/slow': route });
    const arrived = site.arrival('/slow');
    const outcome = expect(read('/slow')).rejects.toMatchObject({
      code: 'crawl.timeout',
      message: 'no answer within 5 s',
    });
    await arrived;
    await clock.advance(5_000);
    await outcome;
    await site.allClosed();
    expect(clock.pending).toBe(0);
  });

  it("S10: an abort ends the reading with the signal's reason and closes the connection", async () => {
    const { site, controller, clock, read } = await make({ '/slow': () => undefined });
    const arrived = site.arrival('/slow');
    const outcome = expect(read('/slow')).rejects.toThrow('enough');
    await arrived;
    controller.abort(new Error('enough'));
    await outcome;
    await site.allClosed();
    expect(clock.pending).toBe(0);
  });

  it.each([
    [
      'a connection that breaks',
      (request: { socket: { destroy(): void } }) => {
        request.socket.destroy();
      },
    ],
    [
      'no HTTP',
      (request: { socket: { end(text: string): void } }) => {
        request.socket.end('220 smtp ready\r\n');
      },
    ],
  ] as [string, Route][])('S10: says that the answer is broken: %s', async (_name, route) => {
    const { read } = await make({ '/a': route });
    await expect(read('/a')).rejects.toMatchObject({ code: 'crawl.broken' });
  });

  it('S10: throws away what is not read of a body, with its connection', async () => {
    const endless: Route = (_request, response) => response.write('begun');
    const { site, reader, visit } = await make({ '/endless': endless });
    const status = await reader.read(new URL(site.url('/endless')), visit, (answer) => Promise.resolve(answer.status));
    expect(status).toBe(200);
    await site.allClosed();
  });

  it('S10: says that the connection was refused', async () => {
    const { read } = await make({});
    // Port 1 is tcpmux, which nobody runs.
    await expect(read('http://127.0.0.1:1/')).rejects.toMatchObject({ code: 'crawl.refused' });
  });
});
