import type { Clock } from '@mcp-cluster/kernel';
import { ToolError } from '../wire/errors.js';
import { readAnswer } from './asking.js';
import type { Params } from '../wire/message.js';
import type { Ask } from './context.js';
import type { PeerSession } from './peer.js';
import type { Reply } from './reply.js';

/** A question to a session's client is given up after 5 min: longer than a person takes, shorter than for ever. */
const ASK_TIMEOUT_MS = 300_000;

/** How a call's client is reached while the call runs. */
export interface AskingLine {
  readonly reply: Reply;
  readonly clock: Clock;
  readonly nextAskId: () => string;
  /** Aborted when the call is. */
  readonly signal: AbortSignal;
}

/**
 * Asks the client of a session several things at once.
 * @throws ToolError when it cannot be asked; else as `askClient`
 */
export async function askSession(
  session: PeerSession | undefined,
  line: AskingLine,
  questions: Readonly<Record<string, Ask>>,
): Promise<Params> {
  if (session === undefined) throw new ToolError('the client has no session, so it cannot be asked');
  if (!line.reply.streams) throw new ToolError('the client accepts no event stream, so it cannot be asked');
  const entries = Object.entries(questions).map(
    async ([key, question]) => [key, await askClient(session, line, key, question)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Sends one request of ours on the call's stream and waits for its answer (session era).
 * @throws ToolError when the client refuses or is silent; the abort reason; WireError for a malformed answer
 */
async function askClient(session: PeerSession, line: AskingLine, key: string, question: Ask): Promise<unknown> {
  const { reply, clock, nextAskId, signal } = line;
  const id = nextAskId();
  const onTimeout = (): void => {
    session.forget(id, new ToolError(`the client did not answer ${question.method} in 5 min`));
  };
  const onAbort = (): void => {
    session.forget(id, signal.reason as Error);
  };
  const timer = clock.after(ASK_TIMEOUT_MS, onTimeout);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const waiting = session.expect(id);
    reply.notify(JSON.stringify({ jsonrpc: '2.0', id, ...question }), 'ask');
    const answer = await waiting;
    if (answer.error !== undefined)
      throw new ToolError(`the client refused ${question.method}: ${answer.error.message}`);
    return readAnswer(key, question, answer.result);
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
  }
}
