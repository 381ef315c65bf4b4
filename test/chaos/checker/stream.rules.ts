import { violation } from './answer.rules.ts';
import { readEventId, rises, type EventPlace } from './event-id.ts';
import type { RequestHistory, Violation } from './history.ts';
import { readTag } from './tags.ts';

/**
 * Within a stream (epoch, seq) strictly rises, over all its connections: what a client has seen is not sent again. A
 * request has one stream.
 */
export function checkOrder(request: RequestHistory): Violation[] {
  const found: Violation[] = [];
  let last: EventPlace | undefined;
  for (const event of request.events) {
    if (event.event !== 'event') continue;
    const place = readEventId(event.id);
    if (place === undefined) found.push(violation(request, 'order', `not an event id: ${event.id}`));
    else if (last !== undefined && place.stream !== last.stream)
      found.push(violation(request, 'order', `stream ${place.stream} after stream ${last.stream}`));
    else if (last !== undefined && event.primes === true) {
      // It says again where the client is: one further on would be a gap that nobody sees.
      if (place.seq !== last.seq || place.epoch < last.epoch)
        found.push(violation(request, 'order', `primed at ${told(place)} after ${told(last)}`));
    } else if (last !== undefined && !rises(last, place))
      found.push(violation(request, 'order', `${told(place)} after ${told(last)}`));
    last = place ?? last;
  }
  return found;
}

function told({ epoch, seq }: EventPlace): string {
  return `event ${epoch}.${seq}`;
}

/** S03, also over a change of the node: progress strictly rises. */
export function checkProgress(request: RequestHistory): Violation[] {
  const found: Violation[] = [];
  let last = -Infinity;
  for (const event of request.events) {
    if (event.event !== 'progress') continue;
    if (event.progress <= last) found.push(violation(request, 'progress', `progress ${event.progress} after ${last}`));
    last = Math.max(last, event.progress);
  }
  return found;
}

/** No byte of another client's. */
export function checkPrivacy(request: RequestHistory): Violation[] {
  return request.events.flatMap((event) => {
    if (event.event !== 'text') return [];
    const foreign = event.tags.filter((tag) => readTag(tag)?.client !== request.sent.client);
    return foreign.map((tag) => violation(request, 'privacy', `read ${tag}`));
  });
}
