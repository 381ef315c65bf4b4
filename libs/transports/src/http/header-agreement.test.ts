import { testTool } from '@mcp-cluster/testkit/protocol';
import { HttpNode, type HeaderValues } from '@mcp-cluster/testkit/http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';

const input = z.object({
  region: z.string().optional().meta({ 'x-mcp-header': 'Region' }),
  count: z.int().nullish().meta({ type: 'integer', 'x-mcp-header': 'Count' }),
  dry: z.boolean().optional().meta({ 'x-mcp-header': 'Dry' }),
  deep: z.object({ key: z.string().meta({ 'x-mcp-header': 'Deep-Key' }) }).optional(),
});
const routed = testTool('routed', () => 'done', { input });
const plain = testTool('plain', () => 'done');

const sentinel = (text: string | Buffer) => `=?base64?${Buffer.from(text).toString('base64')}?=`;

/** What a call is answered: the HTTP status, and the code of the error. */
async function outcome(params: Record<string, unknown>, headers: HeaderValues, method = 'tools/call') {
  const node = await HttpNode.serve(onTestFinished, routed, plain);
  const answer = await node.stateless(method, params, headers);
  const { error, result } = await answer.json();
  return [answer.status, error?.code ?? (result?.['isError'] === true ? 'tool error' : 'ok')];
}

const AGREES = [200, 'ok'];
const DISAGREES = [400, -32020];

describe('Mcp-Method and Mcp-Name', () => {
  it.each<[string, HeaderValues, unknown[]]>([
    ['both as in the body', {}, AGREES],
    ['no Mcp-Method', { 'mcp-method': undefined }, DISAGREES],
    ['an empty Mcp-Method', { 'mcp-method': '' }, DISAGREES],
    ['another Mcp-Method', { 'mcp-method': 'tools/list' }, DISAGREES],
    ['Mcp-Method in other case', { 'mcp-method': 'Tools/Call' }, DISAGREES],
    ['Mcp-Method twice', { 'mcp-method': ['tools/call', 'tools/call'] }, DISAGREES],
    ['no Mcp-Name', { 'mcp-name': undefined }, DISAGREES],
    ['another Mcp-Name', { 'mcp-name': 'routed' }, DISAGREES],
    ['Mcp-Name in other case', { 'mcp-name': 'Plain' }, DISAGREES],
    ['Mcp-Name twice', { 'mcp-name': ['plain', 'plain'] }, DISAGREES],
    ['Mcp-Name twice, the second one foreign', { 'mcp-name': ['plain', 'routed'] }, DISAGREES],
    ['Mcp-Name in Base64', { 'mcp-name': sentinel('plain') }, AGREES],
    ['another Mcp-Name in Base64', { 'mcp-name': sentinel('routed') }, DISAGREES],
    ['Base64 without its padding', { 'mcp-name': '=?base64?cGxhaW4?=' }, DISAGREES],
    ['Base64 of the URL alphabet', { 'mcp-name': '=?base64?cGxh_W4=?=' }, DISAGREES],
    ['what is no Base64', { 'mcp-name': '=?base64?@@@@?=' }, DISAGREES],
    ['Base64 of what is not UTF-8', { 'mcp-name': sentinel(Buffer.from([0xff, 0xfe])) }, DISAGREES],
    ['Base64 without the sentinel', { 'mcp-name': 'cGxhaW4=' }, DISAGREES],
    ['a sentinel that does not end', { 'mcp-name': '=?base64?cGxhaW4=' }, DISAGREES],
  ])('S02: %s', async (_case, headers, expected) => {
    expect(await outcome({ name: 'plain' }, headers)).toEqual(expected);
  });

  it('S02: a name that is no string is the method’s to refuse', async () => {
    expect(await outcome({ name: 7 }, {})).toEqual([200, -32602]);
  });

  it('S02: resources/read repeats its URI, which may need Base64', async () => {
    const uri = 'test://gruß';
    expect(await outcome({ uri }, { 'mcp-name': sentinel(uri) }, 'resources/read')).toEqual([200, -32602]);
    expect(await outcome({ uri }, { 'mcp-name': 'test://other' }, 'resources/read')).toEqual(DISAGREES);
  });

  it('S02: tools/list repeats no name', async () => {
    expect(await outcome({}, { 'mcp-name': 'whatever' }, 'tools/list')).toEqual(AGREES);
  });

  it('S02: the error names the header, what came and what the body says', async () => {
    const node = await HttpNode.serve(onTestFinished, plain);
    const answer = await node.stateless('tools/call', { name: 'plain' }, { 'mcp-name': 'other' });
    expect(await answer.json()).toMatchObject({
      id: 1,
      error: { code: -32020, message: 'Header mismatch: Mcp-Name: expected "plain" as in the body, got "other"' },
    });
    expect(node.node.ended).toEqual([]);
  });
});

describe('Mcp-Param-*', () => {
  it.each<[string, Record<string, unknown>, HeaderValues, unknown[]]>([
    ['a string', { region: 'eu' }, { 'mcp-param-region': 'eu' }, AGREES],
    ['a string in Base64', { region: 'gruß' }, { 'mcp-param-region': sentinel('gruß') }, AGREES],
    ['a missing header', { region: 'eu' }, {}, DISAGREES],
    ['another string', { region: 'eu' }, { 'mcp-param-region': 'us' }, DISAGREES],
    ['a header given twice', { region: 'eu' }, { 'mcp-param-region': ['eu', 'eu'] }, DISAGREES],
    ['an integer', { count: 42 }, { 'mcp-param-count': '42' }, AGREES],
    ['an integer as 42.0', { count: 42 }, { 'mcp-param-count': '42.0' }, AGREES],
    ['a negative integer', { count: -7 }, { 'mcp-param-count': '-7' }, AGREES],
    ['another integer', { count: 42 }, { 'mcp-param-count': '43' }, DISAGREES],
    ['an integer as 4.2e1', { count: 42 }, { 'mcp-param-count': '4.2e1' }, DISAGREES],
    ['an integer as 0x2a', { count: 42 }, { 'mcp-param-count': '0x2a' }, DISAGREES],
    ['an empty header for 0', { count: 0 }, { 'mcp-param-count': '' }, DISAGREES],
    ['a boolean', { dry: true }, { 'mcp-param-dry': 'true' }, AGREES],
    ['another boolean', { dry: true }, { 'mcp-param-dry': 'false' }, DISAGREES],
    ['a boolean in other case', { dry: true }, { 'mcp-param-dry': 'True' }, DISAGREES],
    ['a property deep inside', { deep: { key: 'k' } }, { 'mcp-param-deep-key': 'k' }, AGREES],
    ['another one deep inside', { deep: { key: 'k' } }, { 'mcp-param-deep-key': 'x' }, DISAGREES],
    ['null and no header', { count: null }, {}, AGREES],
    ['nothing and no header', {}, {}, AGREES],
    [
      'several, one of them wrong',
      { region: 'eu', count: 1 },
      { 'mcp-param-region': 'eu', 'mcp-param-count': '2' },
      DISAGREES,
    ],
    ['a number where the header is of a string', { region: 7 }, { 'mcp-param-region': '7' }, [200, 'tool error']],
  ])('S02: %s', async (_case, args, headers, expected) => {
    expect(await outcome({ name: 'routed', arguments: args }, headers)).toEqual(expected);
  });

  it('S02: a tool that declares none takes any', async () => {
    expect(await outcome({ name: 'plain', arguments: { region: 'eu' } }, { 'mcp-param-region': 'us' })).toEqual(AGREES);
  });

  it('S02: inherited properties are no arguments', async () => {
    const inherited = testTool('inherited', () => 'done', {
      input: z.looseObject({
        constructor: z.looseObject({ name: z.string().meta({ 'x-mcp-header': 'Name' }) }).optional() as never,
      }),
    });
    const node = await HttpNode.serve(onTestFinished, inherited);
    const answer = await node.stateless('tools/call', { name: 'inherited', arguments: {} });
    expect(answer.status).toBe(200);
    await answer.text();
  });
});
