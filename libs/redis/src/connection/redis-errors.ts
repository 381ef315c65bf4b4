import { errorCode, LocalError } from '@mcp-cluster/kernel';
import type { Command, Script } from './store.js';

/** Why a command got no answer. `silent` says that nothing at all was answered since it was sent: Redis hangs. */
export class NoAnswer extends Error {
  constructor(
    message: string,
    readonly silent: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'NoAnswer';
  }
}

/** How a call ended, for metrics: a closed set. */
export type CallResult = 'ok' | 'unavailable' | 'full' | 'error';

/**
 * Replies of a Redis that works but cannot serve us now. At the start of a reply, or after a dash where an older Redis
 * wraps what a script's command said.
 */
const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['READONLY', 'read-only replica'],
  ['LOADING', 'loading its data'],
  ['MASTERDOWN', 'replica without its primary'],
  ['NOREPLICAS', 'too few replicas'],
  ['MISCONF', 'cannot save to its disk'],
  ['NOAUTH', 'password needed'],
  ['WRONGPASS', 'wrong password'],
  ['NOPERM', 'user lacks permission'],
  ['BUSY', 'busy with a script'],
  ['CLUSTERDOWN', 'cluster mode is not supported'],
  ['CROSSSLOT', 'cluster mode is not supported'],
  ['MOVED', 'cluster mode is not supported'],
  ['ASK', 'cluster mode is not supported'],
]);
const REFUSAL = new RegExp(`(?:^|-)(${[...REFUSALS.keys()].join('|')})\\b`);
const FULL = /(?:^|-)OOM\b/;

/** Whether Redis itself said this: it is there, and answers. */
export function isReply(error: Error): boolean {
  return error.name === 'ReplyError';
}

/** A reply that a script caught and handed on as words. */
export function replyError(message: string): Error {
  const error = new Error(message);
  error.name = 'ReplyError';
  return error;
}

/** Whether this reply says that the script's source is not kept: it was never sent, or Redis restarted. */
export function isScriptMissing(error: Error): boolean {
  return isReply(error) && error.message.startsWith('NOSCRIPT');
}

/** Whether this reply comes from a primary that became a replica: another connection may reach the new one. */
export function isReadOnly(error: Error): boolean {
  return refusalOf(error)?.code === 'READONLY';
}

/** A few words for logs and health, without addresses and without anything that was sent. */
export function reasonOf(error: Error): string {
  if (error instanceof NoAnswer) return error.message;
  const refusal = refusalOf(error);
  if (refusal !== undefined) return refusal.words;
  if (isReply(error)) return FULL.test(error.message) ? 'out of memory' : 'answers with errors';
  // Names of libuv and OpenSSL; messages may hold addresses.
  return errorCode(error) ?? 'connection lost';
}

/** How a call that failed with this counts. */
export function resultOf(error: Error): Exclude<CallResult, 'ok'> {
  if (!isReply(error)) return 'unavailable';
  if (FULL.test(error.message)) return 'full';
  return refusalOf(error) === undefined ? 'error' : 'unavailable';
}

const CODES = { unavailable: 'store_unavailable', full: 'store_full', error: 'store_script_failed' } as const;

/**
 * The local error of a failed call: `store_unavailable`, `store_full`, or `store_script_failed` when the script itself
 * raised an error (a key of another type, data that is not ours).
 */
export function asStoreError(script: Script | Command, error: Error): LocalError {
  const result = resultOf(error);
  const what = result === 'error' ? error.message : reasonOf(error);
  return new LocalError(CODES[result], `Redis, ${script.name}: ${what}`, { cause: withoutCommand(error) });
}

/**
 * ioredis hangs the command with its arguments on an error: passwords of the handshake, contents of sessions.
 * They must not follow it into logs.
 */
export function withoutCommand(error: Error): Error {
  if ('command' in error) delete error.command;
  return error;
}

function refusalOf(error: Error): { code: string; words: string } | undefined {
  if (!isReply(error)) return undefined;
  const code = REFUSAL.exec(error.message)?.[1];
  return code === undefined ? undefined : { code, words: REFUSALS.get(code) ?? code };
}
