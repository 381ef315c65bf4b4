import { describe, expect, it } from 'vitest';
import { SseTail } from './sse-tail.js';

function tailOf(...chunks: string[]): SseTail {
  const tail = new SseTail();
  for (const chunk of chunks) tail.note(Buffer.from(chunk));
  return tail;
}

const progress = 'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n';
const answer = 'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n';
const question = 'event: message\ndata: {"jsonrpc":"2.0","id":"n1.1","method":"sampling/createMessage"}\n\n';

describe('the end of a relayed event stream', () => {
  it.each([
    ['nothing', [], false],
    ['progress', [progress], false],
    ['the answer', [progress, answer], true],
    ['the answer in one chunk with progress', [progress + answer], true],
    ['an error', ['data: {"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"x"}}\n\n'], true],
    ['a question of the server', [answer, question], false],
    ['a keep-alive comment', [progress, ': keep-alive\n\n'], false],
    ['a priming event', ['id: 1\nretry: 500\ndata: \n\n'], false],
    ['an answer split over two reads', [answer.slice(0, 30), answer.slice(30)], true],
    ['an answer larger than two reads', ['data: {"jsonrpc":"2.0","id":1,"result":"', 'xxxx', '"}\n\n'], true],
    ['half an answer', [answer.slice(0, -1)], false],
  ])('knows an answer: %s', (_what, chunks, answered) => {
    expect(tailOf(...chunks).answered).toBe(answered);
  });

  it('spoils a half-written event and leaves a whole one', () => {
    expect(tailOf().separator).toBe('');
    expect(tailOf(progress).separator).toBe('');
    for (const cut of [answer.slice(0, -1), answer.slice(0, -2), answer.slice(0, 40)]) {
      const events = (cut + tailOf(cut).separator).split('\n\n').filter((event) => event !== '');
      expect(events).toHaveLength(1);
      const data = (events[0] ?? '')
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(6));
      expect(() => JSON.parse(data.join('\n')) as unknown).toThrow();
    }
  });
});
