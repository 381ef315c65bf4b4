/**
 * The whole way, gently: both eras, JSON and event-stream answers, every answer looked into. Run by
 * `npm run load -- smoke`; settings: MCP_URL, RATE (iterations a second of each scenario), DURATION,
 * LATENCY_SLACK, SUMMARY.
 */
import { check, fail } from 'k6';
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { checkEcho, checkProgress, checkResult } from '../lib/checks.ts';
import { messagesOf } from '../lib/json-rpc.ts';
import {
  echo,
  MCP_URL,
  sendStateless,
  Session,
  SESSION_REVISION,
  STATELESS_REVISION,
  type Answer,
} from '../lib/mcp.ts';
import { summary, type SummaryData } from '../lib/summary.ts';
import { NOTHING_WRONG, p95Within } from '../lib/thresholds.ts';

/** Long enough for several progress reports, which `echo` makes every 100 ms. */
const STREAM_MS = 300;
const RATE = Number(__ENV['RATE'] ?? 5);
const DURATION = __ENV['DURATION'] ?? '10s';

/** Open model: iterations begin at a fixed rate, however slow the answers are. */
function scenario(run: string): NonNullable<Options['scenarios']>[string] {
  // One VU an iteration a second would do while each takes under a second; the rest is for slow moments.
  return { executor: 'constant-arrival-rate', exec: run, rate: RATE, duration: DURATION, preAllocatedVUs: RATE * 4 };
}

export const options: Options = {
  scenarios: {
    stateless_json: scenario('statelessJson'),
    stateless_sse: scenario('statelessSse'),
    session_json: scenario('sessionJson'),
    session_sse: scenario('sessionSse'),
  },
  thresholds: {
    ...NOTHING_WRONG,
    'http_req_duration{era:stateless,answer:json}': [p95Within(0)],
    'http_req_duration{era:session,answer:json}': [p95Within(0)],
    'http_req_duration{era:stateless,answer:sse}': [p95Within(STREAM_MS)],
    'http_req_duration{era:session,answer:sse}': [p95Within(STREAM_MS)],
  },
};

const JSON_ANSWER = { answer: 'json' };
const SSE_ANSWER = { answer: 'sse' };
/** Requests that only frame the measured ones. */
const FRAME = { answer: 'frame' };

/** Ends the run at once when nobody answers, somebody else does, or one of the eras is not served. */
export function setup(): void {
  const discovered = sendStateless({ id: 1, method: 'server/discover' }, FRAME);
  const versions = messagesOf(discovered).at(-1)?.result?.supportedVersions ?? [];
  if (!versions.includes(STATELESS_REVISION)) notReady(`server/discover to name ${STATELESS_REVISION}`, discovered);
  const session = new Session();
  const { initialize } = session.open(FRAME);
  if (session.id === '') notReady('initialize to give a session', initialize);
  session.end(FRAME);
}

function notReady(expected: string, { status, error, body }: Answer): never {
  // Without an answer there is no body.
  const got = status === 0 ? error : `${String(status)} ${body.slice(0, 300)}`;
  fail(`${MCP_URL} is not ready: expected ${expected}, got ${got}`);
}

export function statelessJson(): void {
  const text = uniqueText();
  const list = checkResult('2026 list', sendStateless({ id: 1, method: 'tools/list' }, JSON_ANSWER), 1, 'json');
  check(list, { '2026 list: has echo': hasEcho });
  const result = checkEcho('2026 json', sendStateless(echo(2, text), JSON_ANSWER), 2, text, 'json');
  check(result, { '2026 json: result is complete': (got) => got?.resultType === 'complete' });
}

export function statelessSse(): void {
  const text = uniqueText();
  const answer = sendStateless(echo(1, text, STREAM_MS, text), SSE_ANSWER);
  checkEcho('2026 sse', answer, 1, text, 'sse');
  checkProgress('2026 sse', answer, text);
}

export function sessionJson(): void {
  inSession((session) => {
    const text = uniqueText();
    const list = checkResult('2025 list', session.send({ id: 1, method: 'tools/list' }, JSON_ANSWER), 1, 'json');
    check(list, { '2025 list: has echo': hasEcho });
    checkEcho('2025 json', session.send(echo(2, text), JSON_ANSWER), 2, text, 'json');
  });
}

export function sessionSse(): void {
  inSession((session) => {
    const text = uniqueText();
    const answer = session.send(echo(1, text, STREAM_MS, text), SSE_ANSWER);
    checkEcho('2025 sse', answer, 1, text, 'sse');
    checkProgress('2025 sse', answer, text);
  });
}

export function handleSummary(data: SummaryData): Record<string, string> {
  return summary(data);
}

/** A session's whole life: what is within comes between `initialize` and `DELETE`. */
function inSession(within: (session: Session) => void): void {
  const session = new Session();
  const { initialize, initialized } = session.open(FRAME);
  check(initialize, {
    '2025 initialize: agrees on the revision': (got) =>
      got.status === 200 && messagesOf(got).at(-1)?.result?.protocolVersion === SESSION_REVISION,
    '2025 initialize: gives a session': () => session.id !== '',
  });
  check(initialized, { '2025 initialized: accepted': ({ status }) => status === 202 });
  within(session);
  check(session.end(FRAME), { '2025 end: accepted': ({ status }) => status >= 200 && status < 300 });
}

function hasEcho(result: { tools?: { name: string; inputSchema?: { type?: string } }[] } | undefined): boolean {
  return result?.tools?.some(({ name, inputSchema }) => name === 'echo' && inputSchema?.type === 'object') ?? false;
}

/** So that an answer to somebody else's call cannot pass for the right one. */
function uniqueText(): string {
  return `${exec.scenario.name}-${String(exec.scenario.iterationInTest)}`;
}
