import type { Outcome } from '../exchange/exchange-services.js';
import type { Exchange } from '../exchange/exchange.js';
import type { Ending } from '../execution/keyed-call.js';
import type { Params } from '../wire/message.js';

/** A tool's result that says `isError`: those who waited for it get it, and nobody later. */
export class FailedResult extends Error {
  constructor(readonly text: string) {
    super('the tool gave a result that is an error');
    this.name = 'FailedResult';
  }
}

/**
 * Takes a result as one text, which serves both eras: its members without the braces, or, where it has a `_meta` of its
 * own that has to be merged with the server's, the whole object.
 */
export class ResultText implements Ending {
  private taken: string | undefined;
  private thrown: unknown;

  complete(result: Params, outcome: Outcome = 'ok'): void {
    const json = JSON.stringify(result);
    this.take(result['_meta'] === undefined ? json.slice(1, -1) : json, outcome);
  }

  completeMembers(members: string, outcome: Outcome = 'ok'): void {
    this.take(members, outcome);
  }

  fail(thrown: unknown): void {
    this.thrown = thrown;
  }

  /** @throws FailedResult, or what the method failed with */
  read(): string {
    if (this.taken === undefined) throw this.thrown;
    return this.taken;
  }

  private take(text: string, outcome: Outcome): void {
    if (outcome === 'ok') this.taken = text;
    else this.thrown = new FailedResult(text);
  }
}

/**
 * Ends an exchange with such a text.
 * @param more further members, as JSON with a leading comma
 */
export function completeText(exchange: Exchange, text: string, outcome: Outcome = 'ok', more = ''): void {
  if (text.startsWith('{'))
    exchange.complete(JSON.parse(more === '' ? text : `${text.slice(0, -1)}${more}}`) as Params, outcome);
  else exchange.completeMembers(more === '' ? text : text === '' ? more.slice(1) : text + more, outcome);
}
