import { describe, expect, it } from 'vitest';
import { SentEvents } from './sent-events.js';

const event = (message: unknown, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: ${JSON.stringify(message)}\n\n`;
const progress = (value: number, token: string | number = 1): string =>
  event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: token, progress: value } });
const answer = event({ jsonrpc: '2.0', id: 1, result: {} });
const question = event({ jsonrpc: '2.0', id: 'n1.1', method: 'sampling/createMessage' });

function sentOf(parts: readonly string[], { session = true, batch = false } = {}): SentEvents {
  const sent = new SentEvents(session, batch);
  for (const part of parts) sent.note(Buffer.from(part));
  return sent;
}

describe('what a client has got of a stream', () => {
  it.each([
    ['nothing', [], false],
    ['progress', [progress(1)], false],
    ['the answer', [progress(1), answer], true],
    ['the answer in one chunk with progress', [progress(1) + answer], true],
    ['an error', ['data: {"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"x"}}\n\n'], true],
    ['a question of the server', [question], false],
    ['the answer, and a keep-alive comment', [answer, ': keep-alive\n\n'], true],
    ['a priming event', ['id: 1\nretry: 500\ndata: \n\n'], false],
  ])('knows an answer: %s', (_what, parts, answered) => {
    expect(sentOf(parts).answered).toBe(answered);
  });

  it.each([
    ['a result', `data: {"jsonrpc":"2.0","id":"a\\"b","result":{"content":"`, true],
    ['an error', 'data: {"id":7,"jsonrpc":"2.0","error":{', true],
    [
      'a log message',
      'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"data":"{\\"result\\":',
      false,
    ],
    ['a question', 'data: {"jsonrpc":"2.0","id":7,"method":"elicitation/create","params":{', false],
  ])('knows by its first bytes what a large event was: %s', (_what, head, answered) => {
    const sent = sentOf([progress(1)]);
    sent.noteLarge(Buffer.from(`id: s.1.9\nevent: message\n${head}`));
    expect(sent.answered).toBe(answered);
    expect(sent.lastId).toBe('s.1.9');
  });

  it('S03: the highest progress of the request’s own token', () => {
    const sent = sentOf([progress(1), progress(2) + progress(3) + progress(9, 'other'), answer]);
    expect(sent.progressOf(1)).toBe(3);
    expect(sent.progressOf('other')).toBe(9);
    expect(sent.progressOf('1')).toBeUndefined();
    expect(sentOf([answer]).progressOf(1)).toBeUndefined();
  });

  it('keeps of a large chunk only the report', () => {
    const log = event({ jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x'.repeat(20_000) } });
    expect(sentOf([progress(1) + log + progress(2) + log, answer]).progressOf(1)).toBe(2);
  });

  it('the last id that was sent, of any event, priming ones too', () => {
    expect(sentOf([progress(1)]).lastId).toBeUndefined();
    expect(sentOf(['id: a.1.0\nretry: 500\ndata: \n\n']).lastId).toBe('a.1.0');
    expect(sentOf([event(1, 'a.1.1') + event(2, 'a.1.2'), progress(1), ': keep-alive\n\n']).lastId).toBe('a.1.2');
    expect(sentOf(['id:a.1.3\r\ndata: 1\r\n\r\n']).lastId).toBe('a.1.3');
    // What no header can carry is no place to come back to.
    expect(sentOf([event(1, 'a.1.1'), event(2, 'ü')]).lastId).toBeUndefined();
  });

  it('2026-07-28 has no ids and no questions in its streams', () => {
    const sent = sentOf([event(1, 'a.1.1'), question], { session: false });
    expect(sent.lastId).toBeUndefined();
    expect(sent.asked).toBe(false);
  });

  it('knows that the server asked something, and is not misled by a text', () => {
    expect(sentOf([question]).asked).toBe(true);
    const text = '{"method":"sampling/createMessage"}';
    expect(sentOf([event({ method: 'notifications/message', params: { data: text } })]).asked).toBe(false);
  });

  it('which requests of a batch have their answers', () => {
    const sent = sentOf([event({ id: 'a', result: {} }), progress(1) + event({ id: 2, error: {} })], { batch: true });
    expect([...sent.answeredIds]).toEqual(['a', 2]);
  });
});
