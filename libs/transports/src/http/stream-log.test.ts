import { describe, expect, it } from 'vitest';
import type { EventKind, LoggedEvent } from '@mcp-cluster/protocol';
import { MAX_KEPT_BYTES, MAX_LOG_BYTES, MemoryStreamLog } from './stream-log.js';

function open() {
  const gaveUp: LoggedEvent[] = [];
  let readable = 0;
  const log = new MemoryStreamLog({ readable: () => (readable += 1), gaveUp: (event) => gaveUp.push(event) });
  const kept = (after = 0) => [...log.after(after)].map(({ seq }) => seq);
  const add = (kind: EventKind, bytes: number, count = 1) => {
    for (let n = 0; n < count; n += 1) log.append(String(log.last).padEnd(bytes, '.'), kind);
  };
  return { log, kept, add, gaveUp, readable: () => readable };
}

describe('the log of a stream', () => {
  it('S16: keeps events in their order and gives those after a place', () => {
    const { log, kept, add, readable } = open();
    for (const kind of ['ask', 'log', 'change', 'answer'] as const) add(kind, 10);
    expect([kept(), kept(2), kept(3), kept(4), log.last, log.bytes]).toEqual([[1, 2, 3, 4], [3, 4], [4], [], 4, 40]);
    expect(readable()).toBe(4);
  });

  it('S20: keeps one progress, the latest', () => {
    const { log, kept, add, gaveUp } = open();
    add('progress', 10, 3);
    add('ask', 10);
    add('progress', 10);
    expect([kept(), log.bytes, log.lostUpTo, gaveUp.map(({ seq }) => seq)]).toEqual([[4, 5], 20, 0, [1, 2, 3]]);
  });

  it('S20: keeps 64 KiB of log messages, the newest', () => {
    const { log, kept, add, gaveUp } = open();
    add('ask', 10);
    add('log', 1024, 100);
    expect([log.bytes, log.lostUpTo, kept().length]).toEqual([MAX_LOG_BYTES + 10, 0, 65]);
    expect([kept()[0], kept()[1], gaveUp.length]).toEqual([1, 38, 36]);
  });

  it('S20: keeps 256 KiB of what a client must hear of, and remembers what it had to give up', () => {
    const { log, kept, add, gaveUp } = open();
    add('ask', 64 * 1024, 4);
    expect([log.bytes, log.lostUpTo]).toEqual([MAX_KEPT_BYTES, 0]);
    add('change', 64 * 1024, 2);
    expect([log.bytes, log.lostUpTo, kept()]).toEqual([MAX_KEPT_BYTES, 2, [3, 4, 5, 6]]);
    expect(gaveUp.map(({ kind, seq }) => [kind, seq])).toEqual([
      ['ask', 1],
      ['ask', 2],
    ]);
  });

  it('S20: keeps the newest of each, however large', () => {
    const { log, kept, add } = open();
    for (const kind of ['log', 'ask'] as const) add(kind, 2 * MAX_KEPT_BYTES);
    expect([kept(), log.lostUpTo]).toEqual([[1, 2], 0]);
  });

  it('S20: never gives up an answer', () => {
    const { log, add, gaveUp } = open();
    add('answer', 1024 * 1024, 3);
    add('log', 1024, 200);
    add('ask', 1024, 400);
    expect([...log.after(0)].filter(({ kind }) => kind === 'answer')).toHaveLength(3);
    expect(gaveUp.filter(({ kind }) => kind === 'answer')).toEqual([]);
  });

  it('S20: keeps an equal change once, at its last place, and that is no loss', () => {
    const { log, kept, gaveUp } = open();
    for (const message of ['a', 'b', 'a', 'a']) log.append(message, 'change');
    expect([kept(), kept(2), log.bytes, gaveUp, log.lostUpTo]).toEqual([[2, 4], [4], 2, [], 0]);
  });

  it('S20: a change that was given up can come again', () => {
    const { log, kept, add } = open();
    log.append('x', 'change');
    add('ask', 128 * 1024, 3);
    expect([kept(), log.lostUpTo]).toEqual([[3, 4], 2]);
    log.append('x', 'change');
    expect(kept()).toEqual([4, 5]);
  });

  it('holds nothing after it was cleared', () => {
    const { log, kept, add } = open();
    for (const kind of ['progress', 'log', 'ask', 'change', 'answer'] as const) add(kind, 10);
    log.clear();
    expect([kept(), log.bytes]).toEqual([[], 0]);
  });
});
