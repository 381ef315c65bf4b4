/**
 * What an answer's status says about the node that gave it.
 * - `answered`: it works, whatever it thinks of the request
 * - `abandoned`: nothing came before its client gave up
 * - `busy`: it works and wants less
 * - `broken`: it failed the call
 */
export type AnswerMeaning = 'answered' | 'abandoned' | 'busy' | 'broken';

/** nginx's number for a client that closed its connection; no node sends it. */
const CLIENT_CLOSED = 499;

/**
 * 429 and 503 are a node that protects itself. Counted as failures they would eject the nodes one after the other
 * just when all of them are needed.
 */
export function meaningOf(status: number): AnswerMeaning {
  if (status === 429 || status === 503) return 'busy';
  if (status === CLIENT_CLOSED) return 'abandoned';
  return status < 500 ? 'answered' : 'broken';
}
