import { testTool } from '@mcp-cluster/testkit/protocol';
import { HttpNode } from '@mcp-cluster/testkit/http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readAccept } from './accept.js';

const both = { json: true, sse: true };
const json = { json: true, sse: false };
const sse = { json: false, sse: true };
const neither = { json: false, sse: false };

it.each([
  [undefined, both],
  ['*/*', both],
  ['application/json, text/event-stream', both],
  ['text/event-stream,application/json', both],
  ['Application/JSON , TEXT/Event-Stream', both],
  ['application/json;q=0.9, text/event-stream; charset=utf-8', both],
  ['application/*, text/*', both],
  ['application/json', json],
  ['application/json, text/event-stream;q=0', json],
  ['application/json, text/event-stream; q=0.00', json],
  ['text/event-stream', sse],
  ['text/*;q=0.1', sse],
  ['text/html', neither],
  ['application/json-patch+json', neither],
  ['', neither],
  ['application/json;q=0, text/event-stream;q=0', neither],
])('S02: Accept %j', (header, expected) => {
  expect(readAccept(header)).toEqual(expected);
  expect(readAccept(header)).toEqual(expected); // from memory
});

describe('over HTTP', () => {
  const stepping = testTool('stepping', (_args, context) => {
    context.progress(1, 2, 'half');
    return 'stepped';
  });
  const call = { name: 'stepping', _meta: { progressToken: 1 } };

  it('S02: a client that takes only JSON gets only the answer, in spite of a progress token', async () => {
    const node = await HttpNode.serve(onTestFinished, stepping);
    const answer = await node.stateless('tools/call', call, { accept: 'application/json' });
    expect(answer.headers['content-type']).toBe('application/json');
    expect((await answer.json()).result).toMatchObject({ content: [{ text: 'stepped' }] });
  });

  it('S02: a client that takes only streams gets a stream, also for an answer alone', async () => {
    const node = await HttpNode.serve(onTestFinished, stepping);
    const answer = await node.stateless('tools/list', {}, { accept: 'text/event-stream' });
    expect(answer.headers['content-type']).toBe('text/event-stream');
    expect(await answer.events()).toMatchObject([{ id: 1, result: { tools: [{ name: 'stepping' }] } }]);
  });

  it('S02: an error of a handler goes into the stream of a client that takes only streams', async () => {
    const node = await HttpNode.serve(onTestFinished, stepping);
    const answer = await node.stateless('tools/call', { name: 'nobody' }, { accept: 'text/event-stream' });
    expect(answer.status).toBe(200);
    expect(await answer.events()).toMatchObject([{ error: { code: -32602 } }]);
  });

  it('S02: a client that names nothing takes a stream', async () => {
    const node = await HttpNode.serve(onTestFinished, stepping);
    const answer = await node.stateless('tools/call', call, { accept: undefined });
    expect(await answer.events()).toHaveLength(2);
  });

  it('S02: a client that takes neither gets 406 and hears what was expected', async () => {
    const node = await HttpNode.serve(onTestFinished, stepping);
    const answer = await node.stateless('tools/call', call, { accept: 'text/html' });
    expect(answer.status).toBe(406);
    const { error } = await answer.json();
    expect(error?.code).toBe(-32600);
    expect(error?.message).toContain('Accept: expected application/json and text/event-stream, got "text/html"');
    expect(node.node.ended).toEqual([]);
  });
});
