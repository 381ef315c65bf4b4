import type { Clock } from '@mcp-cluster/kernel';
import { isObject, type RequestMessage } from '../wire/message.js';
import { Progress, progressMessage, type Report } from './progress.js';
import type { Reply } from './reply.js';

/** Where a request's progress goes; null when nobody asked for it or the reply takes none (S04). */
export function progressOf(request: RequestMessage, reply: Reply, intervalMs: number, clock: Clock): Progress | null {
  const meta = request.params['_meta'];
  const token: unknown = isObject(meta) ? meta['progressToken'] : undefined;
  if (!reply.streams || (typeof token !== 'string' && typeof token !== 'number')) return null;
  const send = (report: Report): void => {
    reply.notify(progressMessage(token, report), 'progress');
  };
  return new Progress(intervalMs, clock, send, reply.progressAbove);
}
