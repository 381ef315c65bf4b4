import type { Answered, RequestHistory, Rule, Violation } from './history.ts';

/** What comes from the server; another answer is counted by its own rule. */
const SAID = new Set(['progress', 'event', 'text']);

export function violation({ sent }: RequestHistory, rule: Rule, what: string): Violation {
  return { rule, client: sent.client, request: sent.request, what };
}

export function answersOf({ events }: RequestHistory): Answered[] {
  return events.filter((one) => one.event === 'answer');
}

/** Exactly one terminal answer a request: none lost, none twice. */
export function checkAnswers(request: RequestHistory, mayAbandon: boolean): Violation[] {
  const answers = answersOf(request);
  if (answers.length === 1) return [];
  if (answers.length > 1) return [violation(request, 'answer', `${answers.length} answers`)];
  const abandoned = request.events.find((one) => one.event === 'abandoned');
  if (abandoned === undefined) return [violation(request, 'answer', 'no answer')];
  return mayAbandon ? [] : [violation(request, 'answer', `no answer: ${abandoned.why}`)];
}

/** What `data.reason` says of a call that was refused before anything was run. */
const REFUSALS = new Set(['capacity', 'no_node', 'unreachable', 'draining']);

/**
 * A call that can be run again has a result. One that cannot may have an error that says that its outcome is unknown, or
 * that it was not run, and no other one.
 */
export function checkResults(request: RequestHistory): Violation[] {
  const { kind } = request.sent;
  return answersOf(request).flatMap((answer) => {
    if (answer.outcome === 'result') return [];
    const told = `error ${String(answer.code)} (${answer.reason ?? 'without a reason'})`;
    if (kind === 'repeatable') return [violation(request, 'result', `${told} for a call that can be run again`)];
    const honest = answer.code === -32603 && (answer.unknown === true || REFUSALS.has(answer.reason ?? ''));
    return honest ? [] : [violation(request, 'result', `${told} that does not say what became of the call`)];
  });
}

/** Nothing hangs: each request ends within its limit, however it ends. */
export function checkTime(request: RequestHistory): Violation[] {
  const { at, limitMs } = request.sent;
  const end = request.events.find((one) => one.event === 'answer' || one.event === 'abandoned');
  if (end === undefined || end.at - at <= limitMs) return [];
  return [violation(request, 'time', `took ${Math.round(end.at - at)} ms, the limit is ${limitMs} ms`)];
}

/** Nothing about a request comes after its answer. */
export function checkSilence(request: RequestHistory): Violation[] {
  const answered = request.events.findIndex((one) => one.event === 'answer');
  if (answered === -1) return [];
  const late = request.events.slice(answered + 1).filter(({ event }) => SAID.has(event));
  return late.length === 0 ? [] : [violation(request, 'silence', `${late.length} messages after the answer`)];
}
