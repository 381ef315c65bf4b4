import { setTimeout as later } from 'node:timers/promises';
import { GoodClient, openSession } from './good-calls.js';
import { fuzzInput, type FuzzInput } from './inputs.js';
import { send, type Outcome } from './sender.js';

export interface Bombardment {
  readonly sent: number;
  readonly seconds: number;
  /** What is wrong with an answer, and the input that it came to. */
  readonly failures: string[];
  /** How often each HTTP status came; `none` where the connection was closed without one. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly goodCalls: number;
  /** What was wrong with a good call. */
  readonly wrongCalls: string[];
}

/** Connections at once: beyond it the sender waits, and the rate shows it. */
const MAX_OPEN = 1_500;
/** Sessions that bad messages go to; each second the oldest is replaced, since bad messages may end theirs. */
const SESSIONS = 8;
/** Failures that are told in full. */
const MAX_FAILURES = 10;

/** Sends fuzzed inputs at `rate` a second for `seconds`, whatever becomes of those before, with good clients beside. */
export async function bombard(url: URL, seed: number, rate: number, seconds: number): Promise<Bombardment> {
  const good = [
    GoodClient.stateless(url),
    GoodClient.stateless(url),
    await GoodClient.inSession(url),
    await GoodClient.inSession(url),
  ];
  let over = false;
  const goodRunning = good.map((client) => client.runUntil(() => over));
  const outcome = await sendAll(url, seed, rate, seconds).finally(() => (over = true));
  await Promise.all(goodRunning);
  const goodCalls = good.reduce((sum, client) => sum + client.calls, 0);
  const wrongCalls = good.flatMap((client) => client.wrong).slice(0, MAX_FAILURES);
  return { ...outcome, goodCalls, wrongCalls };
}

async function sendAll(
  url: URL,
  seed: number,
  rate: number,
  seconds: number,
): Promise<Omit<Bombardment, 'goodCalls' | 'wrongCalls'>> {
  const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => openSession(url)));
  const failures: string[] = [];
  const statuses: Record<string, number> = {};
  const open = new Set<Promise<void>>();
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1_000;
  let sent = 0;
  let renewed = 0;
  while (elapsed() < seconds) {
    for (; sent < elapsed() * rate && open.size < MAX_OPEN; sent += 1) {
      const input = fuzzInput(seed, sent);
      const running = send(url, input, sessions[sent % SESSIONS]!).then((outcome) => {
        open.delete(running);
        const status = String(outcome.status ?? 'none');
        statuses[status] = (statuses[status] ?? 0) + 1;
        const wrong = complaint(input, outcome);
        if (wrong !== undefined && failures.length < MAX_FAILURES) failures.push(`${wrong}\n${show(seed, input)}`);
      });
      open.add(running);
    }
    if (elapsed() > renewed + 1) sessions[(renewed += 1) % SESSIONS] = await openSession(url);
    await later(5);
  }
  const took = elapsed();
  await Promise.all(open);
  return { sent, seconds: took, failures, statuses };
}

/** What is wrong with an outcome, if anything is. */
function complaint(input: FuzzInput, { status, json, broken }: Outcome): string | undefined {
  if (status === undefined) return input.deservesAnswer ? 'no answer' : undefined;
  if (status >= 500) return `HTTP ${String(status)} ${JSON.stringify(json)}`;
  if (broken) return 'an answer that is no JSON';
  const codes = [json].flat().map((message) => (message as { error?: { code: number } } | undefined)?.error?.code);
  // A fault of the server, whichever status it wears.
  return codes.includes(-32603) ? `an internal error: ${JSON.stringify(json)}` : undefined;
}

/** What to send to see it again. */
function show(seed: number, { index, name, head, body, hangUpAt }: FuzzInput): string {
  const shown = body.subarray(0, 500).toString('latin1');
  const lines = [
    `FUZZ_SEED=${String(seed)} input ${String(index)} (${name}), hangs up at ${String(hangUpAt)}:`,
    JSON.stringify(head),
    `${JSON.stringify(shown)}${shown.length < body.length ? `… (${String(body.length)} bytes)` : ''}`,
  ];
  return lines.join('\n');
}
