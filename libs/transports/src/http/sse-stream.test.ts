import { Background, seededRng, yieldToEventLoop } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { testTool } from '@mcp-cluster/testkit/protocol';
import { FakeResponse, HttpNode, StreamRecord } from '@mcp-cluster/testkit/http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SseResponse, STREAM_BUDGET_BYTES } from './sse-response.js';
import { SseStream } from './sse-stream.js';
import { StreamServices } from './stream-services.js';

/** More than the kernel's socket buffers of both sides take, in messages of 64 KiB. */
const MESSAGES = 600;
const LONG = 'x'.repeat(64 * 1024);
const ROOM = STREAM_BUDGET_BYTES + LONG.length + 1024;

/** A node with a tool that says much; `peak` is the most that ever waited for the reader. */
async function talkative(
  say: (context: { log: (text: string) => void; progress: (value: number) => void }, round: number) => void,
) {
  const seen = { peak: 0, done: Promise.withResolvers<undefined>() };
  const tool = testTool(
    'talk',
    async (_args, context) => {
      for (let round = 1; round <= MESSAGES; round += 1) {
        say(
          {
            log: (text) => {
              context.log('info', text);
            },
            progress: (value) => {
              context.progress(value, MESSAGES, LONG);
            },
          },
          round,
        );
        seen.peak = Math.max(seen.peak, node.lastResponse.writableLength);
        await yieldToEventLoop();
      }
      seen.done.resolve(undefined);
      return 'the result';
    },
    { progressIntervalMs: 0 },
  );
  const node = await HttpNode.serve(onTestFinished, tool);
  return { node, seen, params: { name: 'talk', _meta: { progressToken: 1 } } };
}

describe('a reader that does not read', () => {
  it('S02, S20: costs bounded memory, and when it reads again gets the latest progress and the result', async () => {
    const { node, seen, params } = await talkative((context, round) => {
      context.progress(round);
    });
    const answer = await node.stateless('tools/call', params);
    await seen.done.promise;
    expect(seen.peak).toBeGreaterThan(STREAM_BUDGET_BYTES); // it was slow indeed
    expect(seen.peak).toBeLessThan(ROOM);
    const events = await answer.events();
    const values = events.flatMap(({ params: sent }) => (sent === undefined ? [] : [Number(sent['progress'])]));
    expect(values.at(-1)).toBe(MESSAGES);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    expect(events.at(-1)).toMatchObject({ result: { content: [{ text: 'the result' }] } });
    expect(new Set(node.dropped)).toEqual(new Set(['progress']));
    expect(values.length + node.dropped.length).toBe(MESSAGES);
  });

  it('S02, S20: misses log messages, each of which is counted, and gets the result', async () => {
    const { node, seen, params } = await talkative((context) => {
      context.log(LONG);
    });
    const session = await node.session();
    const answer = await node.post(node.message('tools/call', params), session);
    await seen.done.promise;
    expect(seen.peak).toBeLessThan(ROOM);
    const events = await answer.events();
    expect(new Set(node.dropped)).toEqual(new Set(['log']));
    expect(events).toHaveLength(MESSAGES + 1 - node.dropped.length);
    expect(events.at(-1)).toMatchObject({ result: { content: [{ text: 'the result' }] } });
  });

  it('S02, S20: loses its stream rather than a change that it must hear of, and coming back looks at everything', async () => {
    const node = await HttpNode.serve(onTestFinished);
    const headers = await node.session();
    const stream = await node.listen(headers);
    const response = node.lastResponse;
    let peak = 0;
    for (let round = 0; round < MESSAGES && node.transport.streams > 0; round += 1) {
      const uri = `test://${String(round)}/${LONG}`;
      for (const session of node.node.dispatcher.sessions) session.subscriptions.add(uri);
      node.node.bus.publish({ type: 'resource-updated', uri });
      peak = Math.max(peak, response.writableLength);
      await yieldToEventLoop();
    }
    expect(node.record.closings).toEqual([['session', 'overflow']]);
    expect(new Set(node.dropped)).toEqual(new Set(['change']));
    expect(peak).toBeGreaterThan(STREAM_BUDGET_BYTES);
    expect(peak).toBeLessThan(ROOM);
    await expect(stream.text()).rejects.toThrow();
    for (const session of node.node.dispatcher.sessions) session.subscriptions.clear();
    const back = await node.listen(headers);
    for (const list of ['tools', 'prompts', 'resources']) await back.until(`notifications/${list}/list_changed`);
    expect(node.record.resumptions).toEqual(['fresh']);
  });

  it('S20: equal changes wait as one', async () => {
    const node = await HttpNode.serve(onTestFinished);
    const headers = await node.session();
    const stream = await node.listen(headers);
    const uri = `test://${LONG}`;
    for (const session of node.node.dispatcher.sessions) session.subscriptions.add(uri);
    for (let round = 0; round < MESSAGES; round += 1) {
      node.node.bus.publish({ type: 'resource-updated', uri });
      await yieldToEventLoop();
    }
    expect(node.lastResponse.writableLength).toBeGreaterThan(STREAM_BUDGET_BYTES); // it was slow indeed
    expect([node.transport.streams, node.dropped]).toEqual([1, []]);
    node.node.bus.publish({ type: 'list-changed', kind: 'tools' });
    await stream.until('list_changed');
  });

  it('S02: a reader that reads gets everything', async () => {
    const { node, params } = await talkative((context, round) => {
      if (round <= 3) context.progress(round);
    });
    const answer = await node.stateless('tools/call', params);
    expect(await answer.events()).toHaveLength(4);
    expect(node.dropped).toEqual([]);
  });
});

describe('progress that waits', () => {
  function stream() {
    const response = new FakeResponse();
    const observer = new StreamRecord();
    const services = new StreamServices({
      clock: new VirtualClock(),
      rng: seededRng(1),
      background: new Background(() => undefined),
      observer,
    });
    const connection = new SseResponse(response.asResponse, [], 'call', services, 0);
    const sse = new SseStream(connection, observer);
    const values = () =>
      response.written.flatMap((text) => [...text.matchAll(/data: (\w+)/g)].map((match) => match[1]));
    return { response, sse, dropped: observer.drops, values };
  }

  it('S20: goes out when there is room again', () => {
    const { response, sse, values, dropped } = stream();
    response.writableLength = STREAM_BUDGET_BYTES;
    for (const value of ['1', '2', '3']) sse.send(value, 'progress');
    expect(values()).toEqual([]);
    response.writableLength = 0;
    response.emit('drain');
    expect([values(), dropped]).toEqual([['3'], ['progress', 'progress']]);
  });

  it('S03, S20: does not follow a newer one that found room before it', () => {
    const { response, sse, values, dropped } = stream();
    response.writableLength = STREAM_BUDGET_BYTES;
    sse.send('1', 'progress');
    response.writableLength = STREAM_BUDGET_BYTES - 1;
    sse.send('2', 'progress');
    response.emit('drain');
    sse.end('result');
    expect([values(), dropped]).toEqual([['2', 'result'], ['progress']]);
  });

  it('S06, S20: goes out before the result', () => {
    const { response, sse, values } = stream();
    response.writableLength = STREAM_BUDGET_BYTES;
    sse.send('1', 'progress');
    sse.end('result');
    response.emit('drain');
    sse.send('2', 'progress');
    expect(values()).toEqual(['1', 'result']);
  });

  it('S14: a comment is not added to what is full already', () => {
    const { response, sse } = stream();
    response.writableLength = STREAM_BUDGET_BYTES;
    sse.keepAlive();
    expect(response.written).toEqual([]);
    response.writableLength -= 1;
    sse.keepAlive();
    expect(response.written).toEqual([': keep-alive\n\n']);
  });
});
