import { seededRng } from '@mcp-cluster/kernel';
import { readFrames, type HttpAnswer } from '@mcp-cluster/testkit/http';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.mjs';
import { CuttingProxy, type ProxiedExchange } from '../support/cutting-proxy.js';
import { scrape } from '../support/metrics.js';
import { RawSession } from '../support/raw-session.js';
import { eventually } from '../support/running.mjs';
import { SdkSession, SESSION_SDKS } from '../support/sdk-session.js';
import { answersIn, expectRising, messagesIn, placeOf, progressIn } from '../support/stream-answers.js';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 2 });
});
afterAll(() => cluster.stop());

type CleanUp = TestContext['onTestFinished'];

async function network(cleanUp: CleanUp): Promise<CuttingProxy> {
  const proxy = await CuttingProxy.to(cluster.url);
  cleanUp(() => proxy.close());
  return proxy;
}

async function connect(sdk: (typeof SESSION_SDKS)[number], url: string, cleanUp: CleanUp): Promise<SdkSession> {
  const session = await SdkSession.connect(sdk, url);
  cleanUp(() => session.close());
  return session;
}

const isCall = ({ request }: ProxiedExchange) => request.startsWith('POST') && request.includes('"tools/call"');
/** The SDK’s clients forget their place when a connection brings them no id. */
const hasBegun = ({ request, passed }: ProxiedExchange) => request.startsWith('GET') && passed.includes('\nid: ');
const count = (text: string, part: string) => text.split(part).length - 1;
const PROGRESS = '"notifications/progress"';
const ANSWER = /"result":|"error":/;

const streamsAre = (wanted: number) =>
  eventually(`${String(wanted)} open streams`, async () => {
    const statuses = await cluster.statuses();
    return statuses.reduce((sum, { streams }) => sum + streams, 0) === wanted ? true : undefined;
  });

describe.concurrent.each(SESSION_SDKS)('S19: the SDK’s client %s behind a network that breaks', (sdk) => {
  it.for([
    ['before the first progress', 0, 1],
    ['in the middle of its progress', 3, 1],
    ['again and again', 0, 3],
  ] as const)(
    'S16: a call whose connection is cut %s gives its result once, progress goes on',
    async ([_when, after, times], { onTestFinished }) => {
      const proxy = await network(onTestFinished);
      const session = await connect(sdk, proxy.url, onTestFinished);
      proxy.judge = (exchange) => {
        const carriesCall = isCall(exchange) || exchange.request.includes('last-event-id');
        const cut = proxy.cuts < times && carriesCall && exchange.passed.includes('\nid: ');
        return cut && count(exchange.answer, PROGRESS) > after ? 'cut' : 'pass';
      };
      const seen: number[] = [];
      const onprogress = ({ progress }: { progress: number }): unknown => seen.push(progress);
      const result = await session.callTool('echo', { text: 'whole', delayMs: 1_500 }, { onprogress });
      expect(result).toMatchObject({ isError: false, text: 'whole' });
      expect(proxy.cuts).toBe(times);
      expectRising(seen);
      expect(seen.at(-1)).toBe(1_500);
      expect(session.messages.filter((message) => message.result?.['content'] !== undefined)).toHaveLength(1);
    },
  );

  it('S16: an answer that was written but never read is given to the client that comes back', async ({
    onTestFinished,
  }) => {
    const proxy = await network(onTestFinished);
    const session = await connect(sdk, proxy.url, onTestFinished);
    proxy.judge = (exchange) => (proxy.cuts === 0 && isCall(exchange) && ANSWER.test(exchange.answer) ? 'cut' : 'pass');
    const result = await session.callTool('echo', { text: 'read late', delayMs: 300 }, { onprogress: () => undefined });
    expect(result.text).toBe('read late');
    expect(proxy.cuts).toBe(1);
  });

  it('S16: a tool that closes its stream is polled, and its answer comes once (SEP-1699)', async ({
    onTestFinished,
  }) => {
    const proxy = await network(onTestFinished);
    const session = await connect(sdk, proxy.url, onTestFinished);
    const before = session.messages.length;
    const result = await session.callTool('test_reconnection', {}, { onprogress: () => undefined });
    expect(result.text).toBe('Answered after the connection was closed.');
    expect(session.messages.slice(before).filter(({ id }) => id !== undefined)).toHaveLength(1);
  });

  it('S02: a change made while the session’s own stream was cut arrives, once', async ({ onTestFinished }) => {
    const proxy = await network(onTestFinished);
    const session = await connect(sdk, proxy.url, onTestFinished);
    await eventually('its stream has begun', () => (proxy.cut(hasBegun) === 1 ? true : undefined));
    // Not that of the test beside this one.
    const kind = sdk === 'v1' ? 'tool' : 'prompt';
    const other = await RawSession.begin(cluster.url);
    await (await other.callTool(`test_trigger_${kind}_change`, {})).text();
    const heard = () => session.heard(`notifications/${kind}s/list_changed`);
    await eventually('the change is heard', () => (heard() > 0 ? true : undefined));
    await session.callTool('echo', { text: 'and on' });
    expect(heard()).toBe(1);
    await other.end();
  });
});

it('S16: of 32 sessions whose calls are each cut at a random moment no answer is lost or doubled', async ({
  onTestFinished,
}) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`resumption: seed ${String(seed)}`);
  const rng = seededRng(seed);
  const proxy = await network(onTestFinished);
  const sessions = await Promise.all(
    Array.from({ length: 32 }, (_none, at) => connect(SESSION_SDKS[at % 2]!, proxy.url, onTestFinished)),
  );
  /** Of each call: before which of its progress messages it is cut; the last one is the cut of the answer. */
  const cuts = new Map(sessions.map((_session, at) => [`"call-${String(at)}"`, Math.floor(rng.next() * 13)]));
  proxy.judge = (exchange) => {
    if (!isCall(exchange)) return 'pass';
    const text = /"call-\d+"/.exec(exchange.request)?.[0] ?? '';
    const after = cuts.get(text);
    const reached = count(exchange.answer, PROGRESS) > (after ?? Infinity) || ANSWER.test(exchange.answer);
    return after !== undefined && reached && cuts.delete(text) ? 'cut' : 'pass';
  };
  const outcomes = await Promise.all(
    sessions.map(async (session, at) => {
      const seen: number[] = [];
      const onprogress = ({ progress }: { progress: number }): unknown => seen.push(progress);
      const { text } = await session.callTool('echo', { text: `call-${String(at)}`, delayMs: 1_200 }, { onprogress });
      return { text, seen };
    }),
  );
  expect(proxy.cuts).toBe(32);
  for (const [at, { text, seen }] of outcomes.entries()) {
    expect(text).toBe(`call-${String(at)}`);
    expectRising(seen);
    expect(sessions[at]!.messages.filter(({ result }) => result?.['content'] !== undefined)).toHaveLength(1);
  }
  for (const { id } of await cluster.nodes()) {
    const metrics = await scrape(cluster.nodeManagementUrl(id));
    expect(metrics.sum('mcp_node_stream_resumes_total', { result: 'replayed' })).toBeGreaterThan(0);
  }
});

describe('S16: without an SDK, through the manager', () => {
  /** A call under way that has brought some progress. */
  async function underWay(session: RawSession, delayMs: number, id: string | number = 'call'): Promise<HttpAnswer> {
    const answer = await session.callTool('echo', { text: 'resumed', delayMs }, { id });
    await answer.until(PROGRESS);
    return answer;
  }

  it('S16: the stream begins with an id and a time to wait; what follows a place is sent after it', async () => {
    const session = await RawSession.begin(cluster.url);
    const answer = await underWay(session, 1_000);
    const [primed] = readFrames(answer.soFar);
    expect(primed).toMatchObject({ retry: 500, message: undefined });
    expect(primed?.id).toMatch(/^\S+\.1\.0$/);
    answer.disconnect();
    const back = await session.get(placeOf(answer));
    await back.text();
    expectRising([...progressIn(answer), ...progressIn(back)]);
    expect(answersIn(back)).toMatchObject([{ id: 'call', result: { content: [{ text: 'resumed' }] } }]);
    const again = await session.get(primed?.id);
    await again.text();
    expect(answersIn(again)).toEqual(answersIn(back));
    expect(progressIn(again).at(-1)).toBe(1_000);
    // Who has the answer and asks all the same is told that there is no more, and then that there is nothing.
    expect(await (await session.get(placeOf(back))).frames()).toEqual([]);
    expect((await session.get(placeOf(back))).status).toBe(400);
  });

  it('S16: a place of another session, or beyond its stream’s end, is refused, and nothing is told', async () => {
    const session = await RawSession.begin(cluster.url);
    const answer = await underWay(session, 1_000);
    expect((await session.get(placeOf(answer).replace(/\d+$/, '999'))).status).toBe(400);
    const strangers = await Promise.all(Array.from({ length: 8 }, () => RawSession.begin(cluster.url)));
    for (const url of [cluster.url, ...(await cluster.nodes()).map((node) => node.url)])
      for (const stranger of strangers) {
        const refused = await stranger.at(url).get(placeOf(answer));
        expect([400, 404]).toContain(refused.status);
        expect(await refused.json()).toMatchObject({ error: { code: -32600 } });
        expect(refused.soFar).not.toContain('resumed');
        expect(refused.soFar).not.toContain('waited');
      }
    await answer.text();
    expect(answersIn(answer)).toHaveLength(1);
  });

  const unknown = `c${'A'.repeat(30)}`;
  it.each(['nonsense', `${unknown}.1.1`, `${unknown}.1.-1`, `${unknown}.1.9${'9'.repeat(20)}`, `' OR 1=1 --`])(
    'S16: a place that no event had (%s) is refused by its name',
    async (place) => {
      const session = await RawSession.begin(cluster.url);
      const refused = await session.get(place);
      expect(refused.status).toBe(400);
      const { error } = await refused.json();
      expect(JSON.stringify(error)).toContain('Last-Event-ID: ');
    },
  );

  it('S16: of eight that come back at once one goes on and gets the answer, and no node is blamed', async () => {
    const session = await RawSession.begin(cluster.url);
    const answer = await underWay(session, 1_500);
    answer.disconnect();
    const all = await Promise.all(Array.from({ length: 8 }, () => session.get(placeOf(answer))));
    expect(all.map(({ status }) => status)).toEqual(all.map(() => 200));
    await Promise.allSettled(all.map((one) => one.text()));
    const complete = all.filter((one) => answersIn(one).some(({ result }) => result !== undefined));
    expect(complete).toHaveLength(1);
    expectRising(progressIn(complete[0]!));
    await streamsAre(0);
    expect(cluster.logs().filter(({ msg, to }) => msg.includes('changed its state') && to === 'down')).toEqual([]);
  });

  it('S16: a client that has lost its network without anybody noticing gets the rest on a new connection', async ({
    onTestFinished,
  }) => {
    const proxy = await network(onTestFinished);
    const session = (await RawSession.begin(cluster.url)).at(proxy.url);
    const answer = await underWay(session, 1_500);
    proxy.judge = (exchange) => (isCall(exchange) ? 'lose' : 'pass');
    const back = await session.get(placeOf(answer));
    await back.text();
    expectRising([...progressIn(answer), ...progressIn(back)]);
    expect(answersIn(back)).toHaveLength(1);
    expect(answersIn(answer)).toEqual([]);
    answer.disconnect();
    await streamsAre(0);
  });

  it('S16: a client that has gone cancels later by a notification, and nobody can come back to it', async () => {
    const session = await RawSession.begin(cluster.url);
    const answer = await underWay(session, 60_000);
    answer.disconnect();
    (await session.get(placeOf(answer))).disconnect();
    expect(await cluster.inFlight()).toBe(1);
    expect(await session.notify('notifications/cancelled', { requestId: 'call', reason: 'enough' })).toBe(202);
    await cluster.running(0);
    expect((await session.get(placeOf(answer))).status).toBe(400);
  });

  it('S16: a cancelled call ends the connection that was resumed, without an answer', async () => {
    const session = await RawSession.begin(cluster.url);
    const answer = await underWay(session, 60_000);
    answer.disconnect();
    const back = await session.get(placeOf(answer));
    expect(await session.notify('notifications/cancelled', { requestId: 'call' })).toBe(202);
    await back.text();
    expect(answersIn(back)).toEqual([]);
    await cluster.running(0);
  });

  it.each(['2025-06-18', '2025-03-26'])(
    'S02: %s: events have ids, none is without data; a cut call is resumed',
    async (revision) => {
      const session = await RawSession.begin(cluster.url, revision);
      const answer = await underWay(session, 800);
      answer.disconnect();
      const back = await session.get(placeOf(answer));
      await back.text();
      for (const one of [answer, back]) {
        expect(one.soFar).not.toMatch(/^data: ?$/m);
        expect(one.soFar).not.toContain('retry:');
        for (const { id } of readFrames(one.soFar)) expect(id).toMatch(/^\S+\.\d+$/);
      }
      expectRising([...progressIn(answer), ...progressIn(back)]);
      expect(answersIn(back)).toMatchObject([{ id: 'call', result: {} }]);
      // Its clients know nothing of polling: the tool is told that the connection stays.
      const polled = await session.callTool('test_reconnection', {});
      expect(await polled.text()).toContain('This connection cannot be resumed.');
    },
  );

  it('S02: the session’s own stream is resumed with what was missed, on either node’s changes', async () => {
    const session = await RawSession.begin(cluster.url);
    const own = await session.get();
    await own.until('\n\n');
    own.disconnect();
    await streamsAre(0);
    for (const { url } of await cluster.nodes()) {
      const other = await RawSession.begin(url);
      await (await other.callTool('test_trigger_tool_change', {})).text();
      await (await other.callTool('test_trigger_prompt_change', {})).text();
      await other.end();
    }
    const back = await session.get(placeOf(own));
    await back.until('prompts/list_changed');
    expect(messagesIn(back).map(({ method }) => method)).toEqual([
      'notifications/tools/list_changed',
      'notifications/prompts/list_changed',
    ]);
    expect(await session.end()).toBe(200);
    await back.text();
    await streamsAre(0);
  });
});
