import { createHash } from 'node:crypto';
import { type Background, type Clock, type Rng } from '@mcp-cluster/kernel';
import { isUnavailable } from '../execution/store-refusal.js';
import { isOutage } from '../execution/store-refusal.js';
import { principalKey, type Principal } from '../exchange/context.js';
import { invalidParams } from '../wire/errors.js';
import type { Params } from '../wire/message.js';
import { MemoryMarkStore, type MarkHolder, type MarkStore } from './mark-store.js';
import { Seal, type ClusterKey } from './seal.js';

/** Answers that a client gave so far, by the keys of the questions. */
export type Answers = Record<string, unknown>;

/** How long a client may take over its questions: the SDK's default, 600 s. */
export const REQUEST_STATE_LIFE_MS = 600_000;

/** A request state that was opened: its answers, and the mark by which it is used only once. */
export interface OpenedState {
  readonly answers: Answers;
  readonly mark: string;
}

/** The marks of all nodes, and who waits for what they are told. */
export interface SharedMarks {
  readonly store: MarkStore;
  readonly background: Background;
}

/**
 * `requestState` of 2026-07-28: the answers of earlier rounds, sealed and bound to principal, request and
 * time. A client cannot alter it, use it for another call, give it to another user or use it twice: in the whole cluster
 * where its nodes share a store of marks, else on one node.
 *
 * While the shared store is away each node knows its own marks only, and calls go on: a state that is used twice runs a
 * handler twice, which a client with the answers can have by asking twice; refusing every round would stop them all.
 */
export class RequestStates {
  private readonly seal: Seal;
  private readonly own: MemoryMarkStore;
  /** Marks that are being given back: whoever comes with one waits for that. As many as calls that broke just now. */
  private readonly releasing = new Map<string, Promise<void>>();

  constructor(
    key: ClusterKey,
    private readonly clock: Clock,
    private readonly rng: Rng,
    private readonly shared?: SharedMarks,
  ) {
    this.seal = new Seal(key, 'request-state/1', rng);
    this.own = new MemoryMarkStore(clock);
  }

  close(method: string, params: Params, principal: Principal, answers: Answers): string {
    const mark = this.rng.bytes(9).toString('base64url');
    const expiresAt = this.clock.now() + REQUEST_STATE_LIFE_MS;
    return this.seal.close(JSON.stringify([mark, expiresAt, binding(method, params, principal), answers]));
  }

  /**
   * Opens a state and takes it: a second call with the same one is refused until `release`, unless it is the same call
   * on a second node.
   * @throws WireError -32602 saying what is wrong, never what would be right
   */
  async take(
    method: string,
    params: Params,
    principal: Principal,
    state: string,
    by: MarkHolder,
  ): Promise<OpenedState> {
    const text = this.seal.open(state);
    if (text === undefined) throw invalidParams('requestState: not one that this server made');
    const [mark, expiresAt, bound, answers] = JSON.parse(text) as [string, number, string, Answers];
    const lifeMs = expiresAt - this.clock.now();
    if (lifeMs <= 0) throw invalidParams('requestState: expired');
    if (bound !== binding(method, params, principal)) throw invalidParams('requestState: made for another request');
    if (!(await this.takeMark(mark, lifeMs, by))) throw invalidParams('requestState: used already');
    return { answers, mark };
  }

  /** The call broke before its client could get the answer: the same state may come once more. */
  release(mark: string): void {
    this.own.releaseNow(mark);
    if (this.shared === undefined) return;
    const { store, background } = this.shared;
    const releasing = store.release(mark).catch((thrown: unknown) => {
      if (!isUnavailable(thrown)) throw thrown; // an unreleased mark is refused once more than it had to be
    });
    this.releasing.set(mark, releasing);
    background.run('request state', () => releasing.finally(() => this.releasing.delete(mark)));
  }

  private async takeMark(mark: string, lifeMs: number, by: MarkHolder): Promise<boolean> {
    if (!this.own.takeNow(mark, lifeMs, by)) return false;
    if (this.shared === undefined) return true;
    try {
      await this.releasing.get(mark);
      const taken = await this.shared.store.take(mark, Math.ceil(lifeMs), by);
      // Another node has it, and may give it back: that must not be forgotten here.
      if (!taken) this.own.releaseNow(mark);
      return taken;
    } catch (thrown) {
      if (!isOutage(thrown)) throw thrown;
      return true;
    }
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
