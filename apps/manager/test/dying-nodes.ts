import type { ServerResponse } from 'node:http';
import { randomInt, type Rng } from '@mcp-cluster/kernel';
import { eventsIn, messageOf } from '../src/relay/sent-events.js';

interface Message {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly params?: { readonly progress?: number };
}

const event = (message: object, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: ${JSON.stringify(message)}\n\n`;
const progress = (value: number): object => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken: 'p', progress: value, message: 'Schritt für Schritt' },
});
const ANSWER = { jsonrpc: '2.0', id: 7, result: { done: true } };

/** What a node says that runs a repeatable tool: all of its progress above what the client has, and the answer. */
export function repeatingTool(above: number | undefined, steps: number): Buffer {
  const told = Array.from({ length: steps }, (_none, at) => at + 1).filter((value) => value > (above ?? 0));
  return Buffer.from(told.map((value) => event(progress(value))).join('') + event(ANSWER));
}

/** A stream that all nodes know, as with a shared archive. */
export function sharedStream(steps: number): { after(id: string | undefined): Buffer } {
  const ids = Array.from({ length: steps + 1 }, (_none, at) => `c.1.${String(at + 1)}`);
  const events = ids.map((id, at) => event(at < steps ? progress(at + 1) : ANSWER, id));
  return {
    after: (id) => {
      const at = id === undefined ? 0 : ids.indexOf(id) + 1;
      // As our nodes do, each connection begins with the place that was asked for.
      return Buffer.from(`id: ${id ?? 'c.1.0'}\nretry: 500\ndata: \n\n${events.slice(at).join('')}`);
    },
  };
}

/** Writes a stream in pieces of random lengths, and dies after so many bytes. */
export function dyingAfter(res: ServerResponse, bytes: number, text: Buffer, rng: Rng): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.flushHeaders();
  const whole = text.subarray(0, bytes);
  let at = 0;
  const next = (): void => {
    if (at < whole.length) {
      const end = Math.min(whole.length, at + 1 + randomInt(rng, 120));
      const piece = whole.subarray(at, end);
      at = end;
      // One after the other, so that they come in as many reads.
      res.write(piece, () => setImmediate(next));
    } else if (bytes === Infinity) res.end();
    else res.destroy();
  };
  next();
}

/** The messages of a stream's text. Throws for an event that is none, but for priming ones. */
export function eventsOf(text: string): Message[] {
  return eventsIn(text).flatMap((one) => {
    if (one === '' || /^id: .*\nretry: \d+\ndata: \n\n$/.test(one)) return [];
    const message = messageOf(one);
    if (message === undefined) throw new Error(`not an event: ${JSON.stringify(one)}`);
    return [message];
  });
}
