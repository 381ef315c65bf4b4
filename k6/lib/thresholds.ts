/** All limits of the load scenarios, in one place. A breach makes k6 end with an error. */

/** P01: p95 of a simple tool, in milliseconds. */
const SIMPLE_TOOL_MS = 100;

/**
 * How much slower than P01 a machine may be: a laptop or a CI runner shares two cores between cluster, load and
 * whatever else runs. `-e LATENCY_SLACK=1` holds a quiet machine to P01 itself.
 */
const DEFAULT_SLACK = 5;

/** The slack in force. @throws when LATENCY_SLACK is not a number of 1 or more */
function latencySlack(): number {
  const given = __ENV['LATENCY_SLACK'];
  if (given === undefined) return DEFAULT_SLACK;
  const slack = Number(given);
  if (!(slack >= 1)) throw new Error(`LATENCY_SLACK must be a number of 1 or more, got ${JSON.stringify(given)}`);
  return slack;
}

/** p95 of a call that itself takes `ownMs` milliseconds. */
export function p95Within(ownMs: number): string {
  return `p(95)<${String(ownMs + SIMPLE_TOOL_MS * latencySlack())}`;
}

/** No wrong answer and no failed request is tolerable, however small the load; nor is one that was never sent. */
export const NOTHING_WRONG = {
  checks: ['rate==1'],
  http_req_failed: ['rate==0'],
  dropped_iterations: ['count==0'],
};
