import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AddressPolicy } from './address.policy.js';
import { GuardedAgent, guardedLookup, type Resolve } from './guarded-agent.js';
import { CrawledSite } from '@mcp-cluster/testkit/http';

const never = new AbortController().signal;
const maxResponseBytes = 1_000;

function makeAgent(policy = new AddressPolicy([]), resolve?: Resolve): GuardedAgent {
  const agent = new GuardedAgent({ policy, maxResponseBytes, ...(resolve && { resolve }) });
  onTestFinished(() => agent.close());
  return agent;
}

function startSite() {
  return CrawledSite.start({ '/': { headers: { connection: 'close' }, body: 'here' } }, onTestFinished);
}

/** Gives one answer after the other, the last one for ever. */
function answering(...answers: string[][]): Resolve & { calls: number } {
  const resolve = (): ReturnType<Resolve> => {
    const addresses = answers[Math.min(resolve.calls, answers.length - 1)] ?? [];
    resolve.calls += 1;
    return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  };
  resolve.calls = 0;
  return resolve;
}

describe('GuardedAgent', () => {
  it.each([
    '127.0.0.1',
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '017700000001',
    '127.1',
    '127.0.1',
    '127.0.0.1.',
    '１２７.0.0.1',
    '0',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[::]',
    '[fe80::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '169.254.169.254',
    'localhost',
    'LOCALHOST.',
  ])('S10: O1: refuses %s without a connection', async (host) => {
    const site = await startSite();
    const url = new URL(`http://${host}:${site.port}/`);
    const resolve = answering(['127.0.0.1', '::1']);
    await expect(makeAgent(undefined, resolve).get(url, never)).rejects.toMatchObject({ code: 'crawl.not_public' });
    expect(site.connections).toBe(0);
  });

  it('S10: O1: refuses over TLS too', async () => {
    const site = await startSite();
    const agent = makeAgent(undefined, answering(['127.0.0.1']));
    for (const host of ['127.0.0.1', 'rebind.example']) {
      const refused = agent.get(new URL(`https://${host}:${site.port}/`), never);
      await expect(refused).rejects.toMatchObject({ code: 'crawl.not_public' });
    }
    expect(site.connections).toBe(0);
  });

  it("S10: O1: the system's own resolver is checked as well", async () => {
    const site = await startSite();
    const refused = makeAgent().get(new URL(`http://localhost:${site.port}/`), never);
    await expect(refused).rejects.toMatchObject({ code: 'crawl.not_public' });
    expect(site.connections).toBe(0);
  });

  it('S10: O1: connects to the address that was checked, with one lookup for a connection', async () => {
    const site = await startSite();
    const resolve = answering(['127.0.0.1'], ['127.0.0.9']);
    // As if 127.0.0.1 were public: nothing but that address may be connected to.
    const agent = makeAgent(new OnlyAddress('127.0.0.1'), resolve);
    const url = new URL(`http://changing.example:${site.port}/`);
    const { body } = await agent.get(url, never);
    expect(await body.text()).toBe('here');
    expect(resolve.calls).toBe(1);
    // The site closed the connection; the next one is looked up and checked anew.
    await expect(agent.get(url, never)).rejects.toMatchObject({ code: 'crawl.not_public' });
    expect(resolve.calls).toBe(2);
    expect(site.connections).toBe(1);
  });

  it('S10: O1: an answer that is public first and then not is refused at the second connection', async () => {
    const look = promisify(guardedLookup(new AddressPolicy([]), answering(['8.8.8.8'], ['127.0.0.1'])));
    expect(await look('rebind.example', { all: true })).toEqual([{ address: '8.8.8.8', family: 4 }]);
    await expect(look('rebind.example', { all: true })).rejects.toMatchObject({ code: 'crawl.not_public' });
  });

  it.each([[['8.8.8.8', '10.0.0.1']], [['10.0.0.1', '8.8.8.8']], [['2606:2800:220:1::1', '::ffff:192.168.0.1']]])(
    'S10: O1: one private address among %j refuses the host',
    async (addresses) => {
      const look = promisify(guardedLookup(new AddressPolicy([]), answering(addresses)));
      await expect(look('mixed.example', { all: true })).rejects.toMatchObject({ code: 'crawl.not_public' });
      await expect(look('mixed.example', {})).rejects.toMatchObject({ code: 'crawl.not_public' });
    },
  );

  it('S10: an allowed host may have a private address', async () => {
    const site = await startSite();
    const agent = makeAgent(new AddressPolicy(['intra.example']), answering(['127.0.0.1']));
    const { statusCode, body } = await agent.get(new URL(`http://intra.example:${site.port}/`), never);
    expect(statusCode).toBe(200);
    await body.dump();
  });

  it('S10: a host without any address does not exist', async () => {
    const refused = makeAgent(undefined, answering([])).get(new URL('http://empty.example/'), never);
    await expect(refused).rejects.toMatchObject({ code: 'crawl.no_host' });
  });

  it('S10: an abort ends a request whose host is still being looked up', async () => {
    const controller = new AbortController();
    const begun = Promise.withResolvers<undefined>();
    const resolve: Resolve = () => {
      begun.resolve(undefined);
      return new Promise(() => undefined);
    };
    const pending = makeAgent(undefined, resolve).get(new URL('http://silent.example/'), controller.signal);
    await begun.promise;
    controller.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
  });

  it('S10: closing ends every connection', async () => {
    const site = await CrawledSite.start({ '/': (_request, response) => response.write('begun') }, onTestFinished);
    const agent = makeAgent(new AddressPolicy(['*']));
    const { body } = await agent.get(new URL(site.url('/')), never);
    body.on('error', () => undefined);
    await agent.close();
    await site.allClosed();
  });

  it('S10: closing ends a connection that is not ready yet', async () => {
    // Takes connections and never answers the TLS handshake.
    const accepted = Promise.withResolvers<Socket>();
    const server = createServer((socket) => {
      accepted.resolve(socket.on('error', () => undefined));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const agent = makeAgent(new AddressPolicy(['*']));
    const { port } = server.address() as AddressInfo;
    const refused = expect(agent.get(new URL(`https://127.0.0.1:${port}/`), never)).rejects.toThrow();
    const socket = await accepted.promise;
    socket.resume();
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await agent.close();
    await refused;
    await closed;
  });

  it('S10: a body beyond the fence breaks the connection', async () => {
    const site = await CrawledSite.start({ '/': 'x'.repeat(maxResponseBytes + 1) }, onTestFinished);
    const { body } = await makeAgent(new AddressPolicy(['*'])).get(new URL(site.url('/')), never);
    await expect(body.text()).rejects.toMatchObject({ code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' });
  });
});

class OnlyAddress extends AddressPolicy {
  constructor(private readonly only: string) {
    super([]);
  }
  override permits(_host: string, address: string): boolean {
    return address === this.only;
  }
}
