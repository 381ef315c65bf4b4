import type { Errand } from './attempt.js';
import { messageOf } from './sent-events.js';

/** Say what the body of a POST is, and which answer to it is wanted: a GET has neither. */
const OF_THE_POST: ReadonlySet<string> = new Set([
  'accept',
  'content-type',
  'content-encoding',
  'last-event-id',
  'mcp-method',
  'mcp-name',
]);

/** A request that is given to a second node. */
export interface Repeated extends Omit<Errand, 'way'> {
  readonly requestId: string;
}

/**
 * The same request, with word of what its client has already.
 * @param header name of the header that says it
 */
export function repeatErrand(request: Repeated, header: string, pass: string): Errand {
  const { path, method, headers, body } = request;
  return { way: 'repeat', path, method, headers: [...headers, header, pass], body };
}

/**
 * The rest of a stream of the same session.
 * @param lastId of the last event that the client has; without one, what the client said itself stands
 */
export function resumeErrand(request: Repeated, lastId: string | undefined): Errand {
  const headers = ['accept', 'text/event-stream'];
  for (let at = 0; at < request.headers.length; at += 2) {
    const name = request.headers[at] ?? '';
    const isGiven = name === 'last-event-id' && lastId === undefined;
    if (isGiven || !(OF_THE_POST.has(name) || name.startsWith('mcp-param-')))
      headers.push(name, request.headers[at + 1] ?? '');
  }
  if (lastId !== undefined) headers.push('last-event-id', lastId);
  return { way: 'resume', path: request.path, method: 'GET', headers, body: null };
}

/** The first event of a second listen stream: the client has it. */
export function isAcknowledgement(event: string): boolean {
  return messageOf(event)?.['method'] === 'notifications/subscriptions/acknowledged';
}

/**
 * The priming event of a resumed stream that names the place where the client is. It would be harmless; one that
 * names another place is news, and passed on: the client could not come back to it otherwise.
 */
export function isPrimingAt(lastId: string): (event: string) => boolean {
  return (event) => {
    const lines = event.split(/\r?\n/).filter((line) => line !== '');
    return (
      lines.includes(`id: ${lastId}`) && lines.every((line) => !line.startsWith('data:') || line.trim() === 'data:')
    );
  };
}
