import { createHash } from 'node:crypto';
import { BoundedMap, type Clock, type Rng } from '@mcp-cluster/kernel';
import { principalKey, type Principal } from '../exchange/context.js';
import { invalidParams } from '../wire/errors.js';
import type { Params } from '../wire/message.js';
import { Seal, type ClusterKey } from './seal.js';

/** Answers that a client gave so far, by the keys of the questions. */
export type Answers = Record<string, unknown>;

/** How long a client may take over its questions: the SDK's default, 600 s. */
export const REQUEST_STATE_LIFE_MS = 600_000;

/** Used states that a node remembers: a life of 600 s at 160 asks a second. */
const REMEMBERED = 100_000;

/** A request state that was opened: its answers, and the mark by which it is used only once. */
export interface OpenedState {
  readonly answers: Answers;
  readonly mark: string;
}

/**
 * `requestState` of 2026-07-28: the answers of earlier rounds, sealed and bound to principal, request and
 * time. A client cannot alter it, use it for another call, give it to another user or use it twice here.
 */
export class RequestStates {
  private readonly seal: Seal;
  private readonly used = new BoundedMap<string, number>(REMEMBERED);

  constructor(
    key: ClusterKey,
    private readonly clock: Clock,
    private readonly rng: Rng,
  ) {
    this.seal = new Seal(key, 'request-state/1', rng);
  }

  close(method: string, params: Params, principal: Principal, answers: Answers): string {
    const mark = this.rng.bytes(9).toString('base64url');
    const expiresAt = this.clock.now() + REQUEST_STATE_LIFE_MS;
    return this.seal.close(JSON.stringify([mark, expiresAt, binding(method, params, principal), answers]));
  }

  /**
   * Opens a state and takes it: a second call with the same one is refused until `release`.
   * @throws WireError -32602 saying what is wrong, never what would be right
   */
  take(method: string, params: Params, principal: Principal, state: string): OpenedState {
    const text = this.seal.open(state);
    if (text === undefined) throw invalidParams('requestState: not one that this server made');
    const [mark, expiresAt, bound, answers] = JSON.parse(text) as [string, number, string, Answers];
    if (this.clock.now() >= expiresAt) throw invalidParams('requestState: expired');
    if (bound !== binding(method, params, principal)) throw invalidParams('requestState: made for another request');
    if (this.used.has(mark)) throw invalidParams('requestState: used already');
    this.used.set(mark, expiresAt);
    return { answers, mark };
  }

  /** The call broke before its client could get the answer: the same state may come once more. */
  release(mark: string): void {
    this.used.delete(mark);
  }
}

function binding(method: string, params: Params, principal: Principal): string {
  const target = params['name'] ?? params['uri'];
  return createHash('sha256')
    .update(JSON.stringify([method, target, principalKey(principal)]))
    .update(stableJson(params['arguments'] ?? null))
    .digest('base64url');
}

/** JSON with sorted keys: the same arguments give the same text however the client orders them. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
