import { describe, expect, it } from 'vitest';
import { EventStream } from './event-stream.js';
import { isAcknowledgement, isPrimingAt } from './splice-errands.js';

const take = (stream: EventStream, text: string): string => stream.take(Buffer.from(text))?.toString('utf8') ?? '';
const acknowledged = 'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged"}\n\n';

describe('events of several nodes, one after another', () => {
  it('S14: a JSON body becomes one event, however it is split', () => {
    const stream = new EventStream(false, false);
    take(stream, 'data: 1\n\n');
    stream.goOn(false, undefined);
    expect(take(stream, '{"id":1,\n')).toBe('');
    expect(take(stream, '"result":"ü"}')).toBe('');
    expect(stream.end()?.toString('utf8')).toBe('event: message\ndata: {"id":1, "result":"ü"}\n\n');
    expect(stream.sent.answered).toBe(true);
  });

  it('a second node without a body adds nothing', () => {
    const stream = new EventStream(false, false);
    stream.goOn(false, undefined);
    expect(stream.end()).toBeUndefined();
  });

  it('leaves out the acknowledgement that the client has, and nothing behind it', () => {
    const stream = new EventStream(false, false);
    take(stream, acknowledged);
    stream.cut();
    stream.goOn(true, isAcknowledgement);
    expect(take(stream, ': keep-alive\n\n')).toBe(': keep-alive\n\n');
    expect(take(stream, `${acknowledged}data: {"method":"ü"}\n\n`)).toBe('data: {"method":"ü"}\n\n');
    expect(take(stream, acknowledged)).toBe(acknowledged);
  });

  it('S16: leaves out the priming event of the place where the client is, and passes one of another place', () => {
    const primed = (id: string): string => `id: ${id}\nretry: 500\ndata: \n\n`;
    const rest = 'id: s.2.8\nevent: message\ndata: {"id":1,"result":{}}\n\n';
    for (const [id, got] of [
      ['s.1.7', rest],
      ['s.2.7', primed('s.2.7') + rest],
    ] as const) {
      const stream = new EventStream(true, false);
      take(stream, 'id: s.1.7\ndata: {}\n\n');
      stream.goOn(true, isPrimingAt('s.1.7'));
      expect(take(stream, primed(id)) + take(stream, rest)).toBe(got);
      expect(stream.sent.lastId).toBe('s.2.8');
    }
  });

  it('a first event with data is never taken for a priming one', () => {
    expect(isPrimingAt('s.1.7')('id: s.1.7\ndata: {}\n\n')).toBe(false);
  });
});
