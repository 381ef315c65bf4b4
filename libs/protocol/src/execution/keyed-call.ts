import type { Outcome } from '../exchange/exchange-services.js';
import type { Exchange } from '../exchange/exchange.js';
import { InputRequired } from '../exchange/asking.js';
import { knowsTasks, tasksNotDeclared } from '../tasks/task.js';
import { CapacityError, Code, ToolError, toWireError, WireError } from '../wire/errors.js';
import type { Params } from '../wire/message.js';
import type { KeyedCalls } from './keyed-calls.js';
import type { LedgerEntry } from './ledger.js';
import { outcomeUnknown, readOutcome, REPLAYED_META_KEY, storedError, storedResult } from './outcome.js';

/** Codes by which a handler refuses a call: wrong arguments or answers, a client that cannot be asked. */
const REFUSALS: ReadonlySet<number> = new Set([Code.InvalidParams, Code.MissingRequiredClientCapability]);

/** Where a method says how a request ended: the exchange itself, or somebody who keeps it first. */
export interface Ending {
  complete(result: Params, outcome?: Outcome): void;
  completeMembers(members: string, outcome?: Outcome): void;
  fail(thrown: unknown): void;
}

/** What the tool's handler ended with: what is kept, and what the client is told. */
interface Ended {
  readonly failed: boolean;
  /** Undefined where nothing was done yet. */
  readonly stored: string | undefined;
  readonly tell: () => void;
}

/**
 * A call that holds its key: its outcome is stored before its client hears of it.
 *
 * - A result is stored, also one that says `isError` and a JSON-RPC error: the tool ran.
 * - Questions to the user (`input_required`) and refusals (-32602, -32021, no capacity) give the key back: the tool
 *   says by them that nothing was done yet. The next round, or a mended call, runs it from its beginning.
 * - A call that became a task is stored as the task's handle, when the client gets it.
 * - A cancelled call is stored with what its tool still brings. When the tool stopped instead, the key of a repeatable
 *   one is given back; else the outcome is stored as unknown, since a part of the work may have been done.
 */
export class KeyedCall implements Ending {
  private ended: Ended | undefined;
  private hasHandle = false;

  constructor(
    private readonly calls: KeyedCalls,
    private readonly exchange: Exchange,
    private readonly entry: LedgerEntry,
    private readonly fence: number,
  ) {
    exchange.onHandle = async (handleJson) => {
      this.hasHandle = true;
      await this.settle(storedResult(handleJson));
    };
  }

  complete(result: Params, outcome: Outcome = 'ok'): void {
    this.keep(outcome === 'tool_error', storedResult(JSON.stringify(result)), () => {
      this.exchange.complete(result, outcome);
    });
  }

  completeMembers(members: string, outcome: Outcome = 'ok'): void {
    this.keep(outcome === 'tool_error', storedResult(`{${members}}`), () => {
      this.exchange.completeMembers(members, outcome);
    });
  }

  fail(thrown: unknown): void {
    const stored = saysNothingDone(thrown) ? undefined : storedError(toWireError(thrown));
    this.keep(true, stored, () => {
      this.exchange.fail(thrown);
    });
  }

  /** Stores how the handler ended, then tells the client. */
  async finish(): Promise<void> {
    const { ended } = this;
    if (ended === undefined) return;
    if (!this.hasHandle) {
      if (ended.stored === undefined) await this.release();
      else if (this.exchange.isCancelled && ended.failed) await this.stopped();
      else await this.settle(ended.stored);
    }
    ended.tell();
  }

  /** The call ended before its handler began. */
  release(): Promise<void> {
    return this.calls.release(this.entry, this.fence);
  }

  private keep(failed: boolean, stored: string | undefined, tell: () => void): void {
    this.ended = { failed, stored, tell };
  }

  private async settle(stored: string): Promise<void> {
    if (await this.calls.settle(this.entry, this.fence, stored)) return;
    // Whoever asked meanwhile was told another outcome; two different ones must not be told.
    throw outcomeUnknown('this node was cut off, and another one has decided on the call');
  }

  private async stopped(): Promise<void> {
    if (this.entry.repeatable) await this.release();
    else await this.settle(storedError(outcomeUnknown('the call was cancelled while it ran')));
  }
}

/** Answers with what is stored for the call. */
export function replay(exchange: Exchange, outcomeJson: string): void {
  const outcome = readOutcome(outcomeJson);
  if ('error' in outcome) {
    const { code, message, data } = outcome.error;
    throw new WireError(code, message, data);
  }
  const { result } = outcome;
  const marked = { ...result, _meta: { ...(result['_meta'] as Params | undefined), [REPLAYED_META_KEY]: true } };
  if (result['resultType'] !== 'task') exchange.complete(marked, result['isError'] === true ? 'tool_error' : 'ok');
  else if (exchange.era === 'session')
    throw new ToolError(`the call with this key runs as a task: check_status tells of ${String(result['taskId'])}`);
  else if (!knowsTasks(exchange.peer.capabilities)) throw tasksNotDeclared();
  else exchange.completeJson(JSON.stringify(marked));
}

function saysNothingDone(thrown: unknown): boolean {
  if (thrown instanceof InputRequired || thrown instanceof CapacityError) return true;
  return thrown instanceof WireError && REFUSALS.has(thrown.code);
}
