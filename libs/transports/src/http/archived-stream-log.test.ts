import { Background, LocalError } from '@mcp-cluster/kernel';
import { MemoryStreamArchive, type Append, type AppendResult, type StreamArchive } from '@mcp-cluster/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import { describe, expect, it } from 'vitest';
import { ArchivedStreamLog } from './archived-stream-log.js';
import { Lineage } from './lineage.js';

const birth = { stream: 's', session: 'session', request: undefined, requestId: 1 };
const down = () => Promise.reject(new LocalError('store_unavailable', 'down'));

/** A log over an archive whose appends a test may hold back, fail or answer itself. */
function open() {
  const clock = new VirtualClock();
  const memory = new MemoryStreamArchive(clock);
  const real = memory.as('a');
  const appends: Append[] = [];
  const failures: Error[] = [];
  let answer: ((append: Append) => Promise<AppendResult>) | undefined;
  let fenced = 0;
  let readable = 0;
  const archive: StreamArchive = {
    append: (append) => {
      appends.push(append);
      return (answer ?? ((one) => real.append(one)))(append);
    },
    read: (...place) => real.read(...place),
    claim: (...place) => real.claim(...place),
    forget: (...place) => real.forget(...place),
    renew: (streams) => real.renew(streams),
  };
  const live = new Set<ArchivedStreamLog>();
  const background = new Background((_name, error) => failures.push(error));
  const owner = {
    readable: () => (readable += 1),
    gaveUp: () => undefined,
    fenced: () => (fenced += 1),
  };
  const log = new ArchivedStreamLog(birth, Lineage.first, owner, { archive, clock, background, live });
  return {
    log,
    clock,
    memory,
    live,
    appends,
    failures,
    settle: () => clock.advance(0),
    answerWith: (by: typeof answer) => (answer = by),
    seqs: () => [...log.after(0)].map(({ seq }) => seq),
    archived: async () => (await real.read('session', 's', 0))?.events.map(({ seq, kind }) => `${seq} ${kind}`),
    fenced: () => fenced,
    readable: () => readable,
  };
}

describe('a log that other nodes can go on with', () => {
  it('S16: can be found before its client is told of it, and an event before it is read here', async () => {
    const { log, settle, seqs, archived, answerWith } = open();
    expect(log.opened).toBe(false);
    await settle();
    expect([log.opened, await archived()]).toEqual([true, []]);
    const held = Promise.withResolvers<AppendResult>();
    answerWith(() => held.promise);
    log.append('{}', 'ask');
    await settle();
    expect(seqs()).toEqual([]);
    held.resolve('kept');
    await settle();
    expect(seqs()).toEqual([1]);
  });

  it('S05: of the progress that comes during a write only the latest is written', async () => {
    const { log, settle, memory, appends, answerWith } = open();
    await settle();
    const held = Promise.withResolvers<undefined>();
    answerWith((append) => held.promise.then(() => memory.as('a').append(append)));
    for (let n = 0; n < 100; n += 1) log.append(String(n), 'progress');
    await settle();
    for (let n = 100; n < 200; n += 1) log.append(String(n), 'progress');
    held.resolve(undefined);
    await settle();
    expect(appends.slice(1).map(({ events }) => events.map(({ message }) => message))).toEqual([['99'], ['199']]);
  });

  it('S16: goes on in memory while the archive is away, and catches up when it is there again', async () => {
    const { log, clock, settle, seqs, archived, answerWith, failures } = open();
    await settle();
    answerWith(down);
    log.append('one', 'ask');
    await settle();
    expect(seqs()).toEqual([1]);
    log.append('two', 'ask');
    expect(seqs()).toEqual([1, 2]);
    expect(await archived()).toEqual([]);
    await clock.advance(2_000);
    answerWith(undefined);
    await clock.advance(500);
    expect([await archived(), failures]).toEqual([['1 ask', '2 ask'], []]);
  });

  it('S16: one that begins while the archive is away can be read at once', async () => {
    const { log, settle, answerWith } = open();
    answerWith(down);
    await settle();
    expect(log.opened).toBe(true);
  });

  it('S16: tells everything again to an archive that has lost it', async () => {
    const { log, settle, memory, archived } = open();
    log.append('one', 'ask');
    await settle();
    memory.clear();
    log.append('two', 'answer');
    await settle();
    expect(await archived()).toEqual(['1 ask', '2 answer']);
  });

  it('S16: says nothing more once another node has it; a look is enough to find out', async () => {
    const { log, settle, memory, archived, fenced, live } = open();
    log.append('one', 'ask');
    await settle();
    await memory.as('b').claim('session', 's', 1);
    log.check();
    await settle();
    expect([fenced(), live.size]).toEqual([1, 0]);
    log.append('late', 'answer');
    await settle();
    expect(await archived()).toEqual(['1 ask']);
  });

  it('S16: an event that no archive takes stays in memory, and the stream with it', async () => {
    const { log, clock, settle, seqs, answerWith, appends } = open();
    await settle();
    answerWith(() => Promise.reject(new LocalError('event_too_large', 'too large')));
    log.append('x', 'answer');
    await settle();
    expect(seqs()).toEqual([1]);
    const tries = appends.length;
    await clock.advance(60_000);
    expect(appends.length).toBe(tries);
  });
});
