import type { ClientCapabilities } from '@modelcontextprotocol/server';
import type { Principal } from '../exchange/context.js';
import type { Peer } from '../exchange/peer.js';
import type { Answers } from '../session/request-state.js';
import { isObject, type Params, type RequestMessage } from '../wire/message.js';

/** What another node has to know of a task to run it again from its beginning. */
export interface TaskOrigin {
  readonly principal: Principal;
  readonly tool: string;
  /** By the tool's annotations a second run does no harm. The members below are empty where it would. */
  readonly repeatable: boolean;
  readonly arguments: Params;
  /** What the client said that it can be asked. */
  readonly capabilities: ClientCapabilities;
  /** Answers to the questions that came before the task. */
  readonly answers: Answers;
  readonly idempotencyKey: string | undefined;
}

/** The call that is about to become a task. */
export interface TaskCall {
  readonly peer: Pick<Peer, 'principal' | 'capabilities'>;
  readonly request: RequestMessage;
  readonly target: string | undefined;
  readonly idempotencyKey: string | undefined;
}

/**
 * Where a task comes from. One that may not be repeated keeps no arguments.
 * @param tools says whether a tool may be run again
 */
export function originOf(
  call: TaskCall,
  answers: Answers | undefined,
  tools: { repeats(tool: string): boolean },
): TaskOrigin {
  const { peer, request, target = '', idempotencyKey } = call;
  const { principal, capabilities } = peer;
  const head = { principal, tool: target };
  if (request.method !== 'tools/call' || !tools.repeats(target))
    return { ...head, repeatable: false, arguments: {}, capabilities: {}, answers: {}, idempotencyKey: undefined };
  const { arguments: args } = request.params;
  return {
    ...head,
    repeatable: true,
    arguments: isObject(args) ? args : {},
    capabilities,
    answers: answers ?? {},
    idempotencyKey,
  };
}
