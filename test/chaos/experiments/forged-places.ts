import { exactly, type Experiment } from '../experiment.ts';
import { slowRead } from '../workloads/call-plan.ts';
import { exchange } from '../workloads/http-exchange.ts';
import { sessionClients, statelessClients } from './clients.ts';
import { tagsIn } from '../checker/tags.ts';

const LIMIT_MS = 10_000;

interface Try {
  readonly what: string;
  readonly status: number;
  readonly text: string;
}

export const forgedPlaces: Experiment = {
  id: 'forged',
  title: 'session ids, event ids, cursors and requestStates that were altered, made up or used before',
  expected: 'each refused by a 4xx or a JSON-RPC error, none served, no byte of anybody’s',
  run: async (lab) => {
    const cluster = await lab.start({ managers: 2, nodeArgs: ['--fixtures'] });
    const [mine, other] = await sessionClients(2, cluster.urls, lab.history);
    if (mine === undefined || other === undefined) throw new Error('no sessions');
    const call = await mine.call(slowRead(3, 50, LIMIT_MS));
    const place = lab.history.events.findLast((one) => one.event === 'event' && one.client === mine.name);
    const lastId = place?.event === 'event' ? place.id : '';
    const tries: Try[] = [];
    for (const url of cluster.urls) {
      for (const id of altered(mine.session))
        tries.push(await withSession(url, id, 'POST'), await withSession(url, id, 'GET'));
      for (const id of altered(mine.session)) tries.push(await withSession(url, id, 'DELETE'));
      for (const id of places(lastId)) tries.push(await resume(url, mine.headers, id));
      // A place of one session in another one: both real.
      tries.push(await resume(url, other.headers, lastId));
      for (const cursor of ['x', '99999999', Buffer.from('{"at":1}').toString('base64'), 'é'.repeat(50)])
        tries.push(await list(url, mine.headers, cursor));
    }
    const states = await requestStates(cluster.urls[0] ?? '');
    const ended = await mine.end();
    const afterEnd = [await withSession(cluster.urls[1] ?? '', mine.session, 'POST')];
    const served = [...tries, ...states.refused, ...afterEnd].filter(isServed);
    const leaks = [...tries, ...states.refused].filter(({ text }) => tagsIn(text).length > 0);
    const [alive] = statelessClients(1, cluster.urls, lab.history);
    const still = await alive?.call(slowRead(1, 10, LIMIT_MS));
    lab.note(
      'served',
      served.map(({ what, status, text }) => `${what}: ${status} ${text.slice(0, 200)}`),
    );
    lab.note('tried', tries.length + states.refused.length);
    return [
      exactly('the call before', call.outcome?.ended === 'result' ? 1 : 0, 1),
      exactly('forged or replayed, and served', served.length, 0),
      exactly('answers with bytes of a call', leaks.length, 0),
      exactly('server errors', tries.filter(({ status }) => status >= 500).length, 0),
      exactly('the first use of a requestState', states.first ? 1 : 0, 1),
      exactly('the end of the session', ended, 200),
      exactly('processes that died', cluster.members.filter(({ runs }) => !runs).length, 0),
      exactly('a call afterwards', still?.outcome?.ended === 'result' ? 1 : 0, 1),
      lab.checked(cluster),
    ];
  },
};

function isServed({ status, text }: Try): boolean {
  return status < 400 && !text.includes('"error"');
}

/** Ids that were never given: each with one thing wrong. */
function altered(id: string): string[] {
  const swapped = id.slice(0, -1) + (id.endsWith('A') ? 'B' : 'A');
  const middle = Math.floor(id.length / 2);
  const flipped = id.slice(0, middle) + (id[middle] === 'x' ? 'y' : 'x') + id.slice(middle + 1);
  return [swapped, flipped, id.slice(0, -4), `${id}A`, 'nonsense', 'A'.repeat(id.length), id.toUpperCase()];
}

function places(id: string): string[] {
  const [stream = '', epoch = '1', seq = '0'] = id.split('.');
  return [
    `${stream}.${epoch}.${Number(seq) + 1_000}`,
    `${stream}.${Number(epoch) + 1}.${seq}`,
    `${stream}.${epoch}.-1`,
    `${stream}.${epoch}.1e3`,
    `${stream}.${seq}`,
    `c${'A'.repeat(30)}.1.1`,
    'nonsense',
    `${stream.slice(0, -1)}.${epoch}.${seq}`,
  ];
}

async function told(what: string, answering: ReturnType<typeof exchange>): Promise<Try> {
  const answer = await answering;
  let text = '';
  const reading = answer.whole().then((whole) => (text = whole));
  // A stream that was opened although it should not have been stays open: it is served, whatever comes.
  const stop = setTimeout(() => {
    answer.drop();
  }, 2_000);
  await reading.catch(() => undefined);
  clearTimeout(stop);
  return { what, status: answer.status, text };
}

function withSession(url: string, session: string, method: 'POST' | 'GET' | 'DELETE'): Promise<Try> {
  const headers = { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' };
  const body = method === 'POST' ? { jsonrpc: '2.0', id: 1, method: 'tools/list' } : undefined;
  return told(`${method} with session ${session}`, exchange(url, method, headers, body));
}

function resume(url: string, headers: Record<string, string>, place: string): Promise<Try> {
  const accept = { accept: 'text/event-stream', 'last-event-id': place };
  return told(`resume at ${place}`, exchange(url, 'GET', { ...headers, ...accept }));
}

function list(url: string, headers: Record<string, string>, cursor: string): Promise<Try> {
  const body = { jsonrpc: '2.0', id: 1, method: 'resources/list', params: { cursor } };
  return told(`cursor ${cursor}`, exchange(url, 'POST', headers, body));
}

const ASKING = 'test_input_required_result_request_state';

/** Asks a tool that asks back, answers it once, and then again and wrongly. */
async function requestStates(url: string): Promise<{ first: boolean; refused: Try[] }> {
  const inputResponses = { confirm: { action: 'accept', content: { ok: true } } };
  const use = (what: string, name: string, requestState: string): Promise<Try> =>
    told(what, statelessTool(url, name, { requestState, inputResponses }));
  const fresh = async (): Promise<string> => {
    const { text } = await told('ask', statelessTool(url, ASKING, {}));
    const { result } = JSON.parse(text) as { result?: { requestState?: string } };
    return result?.requestState ?? '';
  };
  const state = await fresh();
  const good = await use('first use', ASKING, state);
  const refused = [await use('second use', ASKING, state)];
  const another = await fresh();
  for (const forged of altered(another)) refused.push(await use(`forged ${forged}`, ASKING, forged));
  refused.push(await use('for another tool', 'test_input_required_result_elicitation', another));
  return { first: state !== '' && isServed(good), refused };
}

function statelessTool(url: string, name: string, more: object): ReturnType<typeof exchange> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
    'io.modelcontextprotocol/clientInfo': { name: 'forger', version: '1' },
  };
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name };
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {}, ...more, _meta } };
  return exchange(url, 'POST', headers, body);
}
