import { once } from 'node:events';
import { Registry } from '@mcp-cluster/telemetry';
import { HeldTool, HttpNode, readFrames } from '@mcp-cluster/testkit/http';
import { expect, it, onTestFinished } from 'vitest';
import { StreamMetrics } from './stream.metrics.js';

/** A node whose streams are counted as the application counts them. */
async function serve() {
  const held = new HeldTool();
  const registry = new Registry();
  const dropped: string[] = [];
  const metrics: StreamMetrics = new StreamMetrics({
    registry,
    read: () => node.transport.readStreams(),
    dropped: (kind) => dropped.push(kind),
  });
  const node: HttpNode = await HttpNode.start({ tools: [held.definition], observer: metrics });
  onTestFinished(() => node.stop());
  /** The samples that are not zero, by name and labels. */
  const samples = async () => {
    const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('mcp_node_stream'));
    const pairs = lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' '))),
    ]);
    return Object.fromEntries(pairs.filter(([, value]) => value !== 0)) as Record<string, number>;
  };
  return { held, node, samples, metrics, dropped };
}

const params = { name: 'held', _meta: { progressToken: 1 } };

it('S14, S16: open, active and resumed streams are told apart', async () => {
  const { held, node, samples } = await serve();
  const session = await node.session();
  const own = await node.listen(session);
  await own.until('\n\n');
  const answering = node.post(node.message('tools/call', params, 'call'), session);
  (await held.started).progress(1, 2, 'half');
  const answer = await answering;
  await answer.until('half');
  expect(await samples()).toMatchObject({
    'mcp_node_streams_open{kind="call"}': 1,
    'mcp_node_streams_open{kind="session"}': 1,
    'mcp_node_streams_active{kind="call"}': 1,
    'mcp_node_stream_first_event_seconds_count{kind="call"}': 1,
    mcp_node_stream_log_bytes: expect.any(Number) as number,
  });
  await node.clock.advance(10_000);
  expect(await samples()).not.toHaveProperty('mcp_node_streams_active{kind="call"}');
  const gone = once(node.lastResponse, 'close');
  answer.disconnect();
  await gone;
  const back = await node.listen(session, readFrames(answer.soFar).at(-1)?.id);
  held.release();
  await back.text();
  expect(await samples()).toMatchObject({
    'mcp_node_streams_closed_total{kind="call",reason="client_closed"}': 1,
    'mcp_node_streams_closed_total{kind="call",reason="answered"}': 1,
    'mcp_node_stream_resumes_total{result="live"}': 1,
    'mcp_node_streams_open{kind="session"}': 1,
  });
});

it('S14: listen streams have a kind of their own, and comments do not make them active', async () => {
  const { node, samples } = await serve();
  const stream = await node.stateless('subscriptions/listen', { notifications: { toolsListChanged: true } });
  await stream.until('\n\n');
  await node.clock.advance(15_000);
  await stream.until('keep-alive');
  const seen = await samples();
  expect(seen['mcp_node_streams_open{kind="listen"}']).toBe(1);
  expect(seen).not.toHaveProperty('mcp_node_streams_active{kind="listen"}');
  expect(seen['mcp_node_stream_first_event_seconds_count{kind="listen"}']).toBe(1);
});

it('S20: what waits for a reader is told in bytes', async () => {
  const { held, node, samples } = await serve();
  const answering = node.stateless('tools/call', params);
  const context = await held.started;
  context.progress(1, 2, 'x'.repeat(32 * 1024 * 1024));
  await answering;
  const seen = await samples();
  expect(seen['mcp_node_streams_stalled']).toBe(1);
  expect(seen['mcp_node_stream_buffered_bytes']).toBeGreaterThan(1024 * 1024);
});

it('S20: every way in which a stream or its log ends is counted under its own label, and nothing else is', async () => {
  const { samples, metrics, dropped } = await serve();
  metrics.evicted('node');
  metrics.resumed('refused');
  metrics.closed('listen', 'stalled');
  metrics.dropped('log');
  expect(await samples()).toEqual({
    'mcp_node_stream_logs_evicted_total{bound="node"}': 1,
    'mcp_node_stream_resumes_total{result="refused"}': 1,
    'mcp_node_streams_closed_total{kind="listen",reason="stalled"}': 1,
  });
  expect(dropped).toEqual(['log']);
});
