import type { IncomingHttpHeaders } from 'node:http';

/**
 * Why a request that changes something is refused, or undefined. The admin API has no login, and a browser sends what
 * any page asks it to, to every address that its user reaches. A page of another origin can only send three content
 * types unasked; for any other one the browser first asks the server whether it may (CORS), and this one never says
 * yes. So JSON means that no page has sent it. The Host and the Origin are checked beside it.
 */
export function refuseWebPage(method: string, headers: IncomingHttpHeaders): string | undefined {
  if (method === 'GET' || method === 'HEAD') return undefined;
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/json') return undefined;
  return 'Content-Type: expected application/json with every request that changes something, also without a body';
}
