import { answersOf, violation } from './answer.rules.ts';
import type { RequestHistory, Violation } from './history.ts';

/**
 * A tool that must not be run twice had at most one effect; exactly one where its client got a result, and none where it
 * was told for certain that nothing was done. Requests with one key count as one call.
 */
export function checkEffects(requests: readonly RequestHistory[]): Violation[] {
  const calls = new Map<string, RequestHistory[]>();
  for (const request of requests) {
    const { kind, key } = request.sent;
    if (kind === 'repeatable') continue;
    const name = kind === 'keyed' && key !== undefined ? `key ${key}` : `request ${request.sent.request}`;
    calls.set(name, [...(calls.get(name) ?? []), request]);
  }
  return [...calls.values()].flatMap(checkCall);
}

function checkCall(requests: readonly RequestHistory[]): Violation[] {
  const [first] = requests;
  if (first === undefined) return [];
  const effects = requests.flatMap(({ events }) => events.filter((one) => one.event === 'effect')).length;
  const answers = requests.flatMap(answersOf);
  const results = answers.filter(({ outcome }) => outcome === 'result');
  const found: Violation[] = [];
  if (effects > 1) found.push(violation(first, 'effect', `${effects} effects of a call that may have one`));
  if (effects === 0 && results.length > 0) found.push(violation(first, 'effect', 'a result, but no effect'));
  const refused =
    answers.length > 0 && answers.every(({ outcome, unknown }) => outcome === 'error' && unknown !== true);
  const heardAll = answers.length >= requests.length;
  if (effects > 0 && refused && heardAll)
    found.push(violation(first, 'effect', 'an effect, but the client was told that nothing was done'));
  const texts = new Set(results.map(({ text }) => text));
  if (texts.size > 1) found.push(violation(first, 'effect', `${texts.size} different results for one key`));
  return found;
}
