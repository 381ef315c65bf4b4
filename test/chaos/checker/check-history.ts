import { checkAnswers, checkResults, checkSilence, checkTime } from './answer.rules.ts';
import { checkEffects } from './effect.rule.ts';
import type { HistoryEvent, RequestHistory, Sent, Violation } from './history.ts';
import { checkOrder, checkPrivacy, checkProgress } from './stream.rules.ts';

export interface Allowances {
  /** Calls that may end in an error although they could have been run again; none unless said. */
  readonly mayFail?: (request: RequestHistory) => boolean;
  /** Whether a client may give a request up, because what it was connected to is gone. No unless said. */
  readonly mayAbandon?: boolean;
}

/**
 * What was wrong in a history. Pure: the same lines give the same violations, in the order of the requests.
 *
 * @param events all lines, effects among them, in any order of requests, but in order within each
 */
export function checkHistory(events: readonly HistoryEvent[], allowances: Allowances = {}): Violation[] {
  const { requests, strays } = byRequest(events);
  return [
    ...strays,
    ...requests.flatMap((request) => [
      ...checkAnswers(request, allowances.mayAbandon === true),
      ...(allowances.mayFail?.(request) === true ? [] : checkResults(request)),
      ...checkTime(request),
      ...checkSilence(request),
      ...checkOrder(request),
      ...checkProgress(request),
      ...checkPrivacy(request),
    ]),
    ...checkEffects(requests),
  ];
}

/** The lines of each request; lines of a request that nobody sent are violations themselves. */
function byRequest(events: readonly HistoryEvent[]): { requests: RequestHistory[]; strays: Violation[] } {
  const sent = new Map<string, { sent: Sent; events: HistoryEvent[] }>();
  const strays: Violation[] = [];
  for (const event of events) {
    if (event.event !== 'sent') continue;
    const { client, request } = event;
    if (sent.has(request)) strays.push({ rule: 'answer', client, request, what: 'the harness sent it twice' });
    else sent.set(request, { sent: event, events: [] });
  }
  for (const event of events) {
    if (event.event === 'sent') continue;
    const { client, request } = event;
    const found = sent.get(request);
    if (found?.sent.client === client) found.events.push(event);
    else {
      const rule = event.event === 'effect' ? 'effect' : 'answer';
      strays.push({ rule, client, request, what: `${event.event} of a request that nobody sent` });
    }
  }
  return { requests: [...sent.values()], strays };
}
