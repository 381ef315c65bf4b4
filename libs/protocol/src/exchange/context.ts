import type {
  ClientCapabilities,
  CreateMessageRequestParams,
  CreateMessageResult,
  ElicitRequestFormParams,
  ElicitResult,
  Implementation,
  ListRootsResult,
  LoggingLevel,
} from '@modelcontextprotocol/server';
import type { Era, Revision } from '../wire/revision.js';

/** Who asks. Without authentication everybody is the same anonymous principal. */
export interface Principal {
  /** Issuer of the identity; empty when there is none. */
  readonly issuer: string;
  /** Stable id at that issuer. */
  readonly subject: string;
}

export const ANONYMOUS: Principal = { issuer: '', subject: 'anonymous' };

/** The one user of a node on stdio, whose process it is. */
export const LOCAL: Principal = { issuer: 'stdio', subject: 'local' };

/** Whether this is one principal, and not everybody who has not said who he is. */
export function isKnown({ issuer }: Principal): boolean {
  return issuer !== '';
}

/** One string for a principal, for keys and seals: the parts cannot run into each other. */
export function principalKey(principal: Principal): string {
  return `${principal.issuer}\0${principal.subject}`;
}

/** What a handler may ask of the client's side. */
export type Ask =
  | { method: 'elicitation/create'; params: ElicitRequestFormParams }
  | { method: 'sampling/createMessage'; params: CreateMessageRequestParams }
  | { method: 'roots/list'; params?: Record<string, never> };

/** The answer to an Ask, by its method. */
export type AnswerTo<A extends Ask> = A extends { method: 'elicitation/create' }
  ? ElicitResult
  : A extends { method: 'sampling/createMessage' }
    ? CreateMessageResult
    : ListRootsResult;

/** Which list of the server changed. */
export type ListKind = 'tools' | 'prompts' | 'resources';

/** What a handler of a tool, resource or prompt is given besides its arguments. */
export interface ExchangeContext {
  /** The same id in the manager's and the node's logs. */
  readonly requestId: string;
  readonly principal: Principal;
  readonly revision: Revision;
  readonly era: Era;
  /**
   * The client's name for this one effect: the call runs at most once in the cluster. Hand it on to services that take
   * one of their own; then a run that was cut short can be repeated there without a second effect.
   */
  readonly idempotencyKey: string | undefined;
  readonly client: { readonly info?: Implementation | undefined; readonly capabilities: ClientCapabilities };
  /** Aborted when the client cancelled or, in the stateless era, went away (S16). Pass it to everything you open. */
  readonly signal: AbortSignal;
  /** Throws the abort reason when the call was cancelled. */
  throwIfCancelled(): void;
  /**
   * Reports progress. Costs nothing without a progress token (S04); throttled, latest wins (S05);
   * a value that is not above the last one is dropped (S03).
   * @param progress done so far, in any unit; rising
   * @param total in the same unit; leave it out when it is not known
   * @param message for a person, for example "chunk 3 of 20"
   */
  progress(progress: number, total?: number, message?: string): void;
  /** A log message for the client, sent only at or above the level that it asked for. */
  log(level: LoggingLevel, data: unknown, logger?: string): void;
  /** Gives other calls a turn between two chunks of work, then throws if the call was cancelled (S16, S17). */
  breathe(): Promise<void>;
  /**
   * Asks the client several things at once. Keys name the questions and must be the same each time the
   * handler runs: in the stateless era the handler is run again from its beginning with the answers, so
   * ask before doing anything that must not be done twice.
   */
  ask<T extends Record<string, Ask>>(questions: T): Promise<{ [K in keyof T]: AnswerTo<T[K]> }>;
  /** Asks the user one form. */
  elicit(key: string, params: Omit<ElicitRequestFormParams, 'mode'>): Promise<ElicitResult>;
  /** Asks the client's model. */
  sample(key: string, params: CreateMessageRequestParams): Promise<CreateMessageResult>;
  /**
   * From here on the work is long: a client that knows the tasks extension (2026-07-28) is answered now, with a
   * handle, and the rest of the handler runs as that task: progress becomes its status message, questions its
   * `inputRequests`. For every other client the call simply goes on. Ask what decides whether to begin before it:
   * those answers come by rounds (MRTR), in which the handler is run again from its beginning.
   * @throws CapacityError when the node holds as many tasks as it may
   */
  detach(statusMessage?: string): Promise<void>;
  /**
   * Closes the connection without ending the call (SEP-1699): the client comes back for the rest with
   * `Last-Event-ID`. For long quiet work, so that no connection is held meanwhile.
   * @returns false where there is no connection to resume: another era, transport or an older revision than 2025-11-25
   */
  closeStream(): boolean;
  /** Tells every subscriber in the cluster that a list changed. */
  listChanged(kind: ListKind): void;
  /** Tells every subscriber in the cluster that a resource changed; what was kept of it is forgotten. */
  resourceUpdated(uri: string): void;
  /**
   * Forgets the kept results that carry one of these tags (`cache: { tags }`), in the whole cluster: for a tool that
   * changed what others' results show. Await it before the result: who calls because of it then gets the new state.
   */
  forget(tags: readonly string[]): Promise<void>;
}
