import { ARCHIVE_LIMITS, type ArchiveLimits, type StreamArchive } from '@mcp-cluster/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  appendOf,
  CALL,
  logged,
  SESSION,
  type OpenStreamArchive,
  type StreamArchiveHarness,
} from './stream-archive.contract.js';

/** What a StreamArchive keeps to that has lost something: all of it, or what a replica had not got yet. */
export function streamArchiveLossContract(name: string, open: OpenStreamArchive): void {
  describe(`${name}: an archive that lost something`, () => {
    let harness: StreamArchiveHarness;
    let a: StreamArchive;
    let b: StreamArchive;
    beforeEach(async () => {
      harness = await open();
      [a, b] = [await harness.node('a/1'), await harness.node('b/1')];
    });

    const read = (after = 0) => b.read(SESSION, CALL.stream, after);
    const claim = (node: StreamArchive, epoch: number) => node.claim(SESSION, CALL.stream, epoch);

    it('experiment 29: a lost tail is noticed with the next event, and everything is sent again', async () => {
      const events = [logged(1, 'ask'), logged(2, 'ask'), logged(3, 'change')];
      await a.append(appendOf(0, events.slice(0, 1)));
      const back = await harness.snapshot();
      await a.append(appendOf(1, events.slice(1)));
      await back();
      expect(await a.append(appendOf(3, [logged(4, 'answer')]))).toBe('behind');
      expect(await read()).toMatchObject({ last: 1, answered: false, events: [events[0]] });
      const all = [...events, logged(4, 'answer')];
      expect(await a.append(appendOf(0, all))).toBe('kept');
      expect(await read()).toMatchObject({ last: 4, lostUpTo: 0, answered: true, events: all });
    });

    it('experiment 29: a stream that was lost whole begins again with everything', async () => {
      await a.append(appendOf(0, [logged(1, 'ask'), logged(2, 'log')]));
      await harness.loseAll();
      expect(await read()).toBeUndefined();
      expect(await a.append(appendOf(2, [logged(3, 'log')]))).toBe('behind');
      expect(await read()).toBeUndefined();
      expect(await a.append(appendOf(0, [logged(1, 'ask'), logged(2, 'log'), logged(3, 'log')]))).toBe('kept');
      expect(await read()).toMatchObject({ birth: CALL, epoch: 1, last: 3, lostUpTo: 0 });
    });

    it('experiment 29: a claim after a lost tail tells the end that is there, not the one that a client saw', async () => {
      await a.append(appendOf(0, [logged(1, 'log'), logged(2, 'log')]));
      const back = await harness.snapshot();
      await a.append(appendOf(2, [logged(3, 'ask'), logged(4, 'log')]));
      await back();
      expect(await claim(b, 1)).toEqual({ epoch: 2, last: 2 });
      expect(await a.append(appendOf(4, [logged(5, 'log')]))).toBe('fenced');
      expect(await a.append(appendOf(0, [logged(1, 'log'), logged(5, 'log')]))).toBe('fenced');
      await b.append(appendOf(2, [logged(3, 'answer')], { epoch: 2 }));
      // A client whose last event was 4 of the first epoch is beyond its end.
      expect(await read()).toMatchObject({ epoch: 2, ends: [2], last: 3 });
    });

    it('experiment 29: what the writer itself does not have any more is told as lost', async () => {
      await a.append(appendOf(0, [logged(4, 'ask'), logged(6, 'log')], { lostUpTo: 3 }));
      expect(await read()).toMatchObject({ last: 6, lostUpTo: 3 });
      // What is kept here is not lost, though the writer has given it up.
      await a.append(appendOf(6, [logged(7, 'log')], { lostUpTo: 4 }));
      expect(await read()).toMatchObject({ last: 7, lostUpTo: 3 });
      await a.append(appendOf(7, [logged(10, 'log')], { lostUpTo: 9 }));
      expect(await read()).toMatchObject({ last: 10, lostUpTo: 9 });
    });

    it('experiment 29: a number that a client may have seen is not used again', async () => {
      await a.append(appendOf(0, [], { lostUpTo: 5 }));
      expect(await claim(b, 1)).toEqual({ epoch: 2, last: 5 });
    });

    it('experiment 29: a second writer begins a lost stream again where it took it over', async () => {
      await a.append(appendOf(0, [logged(1, 'ask'), logged(2, 'ask'), logged(3, 'log')]));
      await claim(b, 1);
      await harness.loseAll();
      expect(await b.append(appendOf(3, [logged(4, 'log')], { epoch: 2 }))).toBe('behind');
      expect(await b.append(appendOf(0, [logged(3, 'log'), logged(4, 'log')], { epoch: 2 }))).toBe('kept');
      expect(await read()).toMatchObject({ epoch: 2, ends: [3], last: 4, lostUpTo: 2 });
      expect(await a.append(appendOf(3, [logged(4, 'answer')]))).toBe('fenced');
    });

    it('experiment 29: a second writer that said nothing yet keeps the numbers of the first', async () => {
      await a.append(appendOf(0, [logged(1, 'ask'), logged(2, 'log')]));
      await claim(b, 1);
      await harness.loseAll();
      expect(await b.append(appendOf(0, [], { epoch: 2 }))).toBe('kept');
      expect(await read()).toMatchObject({ epoch: 2, ends: [2], last: 2, lostUpTo: 2, events: [] });
      await harness.loseAll();
      expect(await b.append(appendOf(0, [logged(1, 'ask')], { epoch: 2 }))).toBe('kept');
      expect(await read()).toMatchObject({ epoch: 2, ends: [2], last: 2, lostUpTo: 0, events: [logged(1, 'ask')] });
    });

    it('experiment 29: a writer that does not know where its stream was taken over takes no place for known', async () => {
      expect(await b.append(appendOf(0, [logged(5, 'log'), logged(6, 'log')], { epoch: 3 }))).toBe('kept');
      expect(await read()).toMatchObject({ epoch: 3, ends: [0, 0], last: 6, lostUpTo: 4 });
    });

    it('experiments 5, 29: the newer writer goes on, also where the archive lost that it was there', async () => {
      await a.append(appendOf(0, [logged(1, 'ask'), logged(2, 'log'), logged(3, 'progress')]));
      const back = await harness.snapshot();
      await claim(b, 1);
      await b.append(appendOf(3, [logged(5, 'ask')], { epoch: 2 }));
      await back();
      // The old one wakes up, and nobody can tell it.
      expect(await a.append(appendOf(3, [logged(4, 'ask', 'stale'), logged(5, 'progress', 'stale')]))).toBe('kept');
      // Also where all that it wants to go on after is there: the stream is still the other one's.
      for (const after of [3, 5])
        expect(await b.append(appendOf(after, [logged(6, 'log')], { epoch: 2 }))).toBe('behind');
      const birth = { ...CALL, request: undefined };
      expect(await b.append(appendOf(0, [logged(5, 'ask'), logged(6, 'log')], { epoch: 2, birth }))).toBe('kept');
      expect(await a.append(appendOf(5, [logged(6, 'answer', 'stale')]))).toBe('fenced');
      expect(await read()).toEqual({
        birth,
        epoch: 2,
        ends: [3],
        last: 6,
        answered: false,
        lostUpTo: 0,
        ownerAlive: true,
        events: [logged(1, 'ask'), logged(2, 'log'), logged(5, 'ask'), logged(6, 'log')],
      });
    });

    it('experiments 5, 29: what was written after two claims were lost is not taken for what came before them', async () => {
      await a.append(appendOf(0, [logged(1, 'ask')]));
      const back = await harness.snapshot();
      await a.append(appendOf(1, [logged(2, 'ask')]));
      await claim(b, 1);
      await b.append(appendOf(2, [logged(3, 'ask')], { epoch: 2 }));
      await claim(a, 2);
      await back();
      await claim(b, 1);
      await b.append(appendOf(1, [logged(2, 'log', 'of the other side')], { epoch: 2 }));
      expect(await a.append(appendOf(0, [logged(4, 'ask')], { epoch: 3 }))).toBe('kept');
      expect(await read()).toMatchObject({ epoch: 3, ends: [2, 3], last: 4, lostUpTo: 3, events: [logged(4, 'ask')] });
    });

    it('experiments 5, 29: nor is what the first writer added then', async () => {
      await a.append(appendOf(0, [logged(1, 'ask')]));
      const back = await harness.snapshot();
      await claim(b, 1);
      await b.append(appendOf(1, [logged(2, 'ask'), logged(3, 'ask')], { epoch: 2 }));
      const c = await harness.node('c/1');
      await claim(c, 2);
      await back();
      await a.append(appendOf(1, [logged(2, 'log', 'stale')]));
      expect(await c.append(appendOf(0, [logged(4, 'log')], { epoch: 3 }))).toBe('kept');
      expect(await read()).toMatchObject({
        epoch: 3,
        ends: [1, 3],
        lostUpTo: 3,
        events: [logged(1, 'ask'), logged(4, 'log')],
      });
    });

    it('experiment 29: an answer that is there stays the only one', async () => {
      await a.append(appendOf(0, [logged(1, 'log')]));
      const back = await harness.snapshot();
      await claim(b, 1);
      await back();
      await a.append(appendOf(1, [logged(2, 'answer')]));
      for (const after of [1, 0])
        expect(await b.append(appendOf(after, [logged(2, 'answer', 'mine')], { epoch: 2 }))).toBe('fenced');
      expect(await read()).toMatchObject({ epoch: 1, events: [logged(1, 'log'), logged(2, 'answer')] });
    });
  });
}

const SMALL: ArchiveLimits = {
  ...ARCHIVE_LIMITS,
  maxEvents: 10,
  maxBytes: 1_000,
  maxAppendBytes: 5_000,
  maxAnswerBytes: 6_000,
};

/** How much a StreamArchive keeps; `open` has to take limits. */
export function streamArchiveBoundsContract(name: string, open: OpenStreamArchive): void {
  describe(`${name}: the bounds of an archive`, () => {
    let a: StreamArchive;
    beforeEach(async () => {
      a = await (await open(SMALL)).node('a/1');
    });

    const read = () => a.read(SESSION, CALL.stream, 0);
    const seqs = async (): Promise<number[] | undefined> => (await read())?.events.map(({ seq }) => seq);
    const tooLarge = expect.objectContaining({ code: 'event_too_large' }) as unknown;

    it('S20: above its number of events the oldest go, and what a client had to hear of is told as lost', async () => {
      await a.append(appendOf(0, [logged(1, 'progress'), logged(2, 'ask'), logged(3, 'log'), logged(4, 'change')]));
      for (let seq = 5; seq <= 11; seq += 1) await a.append(appendOf(seq - 1, [logged(seq, 'log')]));
      expect(await seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      await a.append(appendOf(11, [logged(12, 'log')]));
      expect(await seqs()).toEqual([1, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      expect(await read()).toMatchObject({ lostUpTo: 2, last: 12 });
      await a.append(appendOf(12, [logged(13, 'log'), logged(14, 'log')]));
      expect(await seqs()).toEqual([1, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
      expect(await read()).toMatchObject({ lostUpTo: 4 });
    });

    it('S20: a log that is given up is no loss', async () => {
      await a.append(
        appendOf(
          0,
          Array.from({ length: 50 }, (_, n) => logged(n + 1, 'log')),
        ),
      );
      expect(await seqs()).toEqual([42, 43, 44, 45, 46, 47, 48, 49, 50]);
      expect(await read()).toMatchObject({ lostUpTo: 0, last: 50 });
    });

    it('S20: above its bytes the oldest go, but the newest stays whatever its size', async () => {
      const events = [1, 2, 3].map((seq) => logged(seq, 'change', 'ü'.repeat(200)));
      await a.append(appendOf(0, events));
      expect([await seqs(), (await read())?.lostUpTo]).toEqual([[2, 3], 1]);
      await a.append(appendOf(3, [logged(4, 'change', 'x'.repeat(4_000))]));
      expect([await seqs(), (await read())?.lostUpTo]).toEqual([[4], 3]);
      await a.append(appendOf(4, [logged(5, 'log')]));
      expect([await seqs(), (await read())?.lostUpTo]).toEqual([[5], 4]);
    });

    it('S20: answers are never given up, and count for no other event', async () => {
      const birth = { ...CALL, request: undefined, requestId: undefined };
      await a.append(appendOf(0, [logged(1, 'answer', 'x'.repeat(4_000)), logged(2, 'answer')], { birth }));
      await a.append(
        appendOf(
          2,
          Array.from({ length: 300 }, (_, n) => logged(n + 3, 'log')),
          { birth },
        ),
      );
      expect(await seqs()).toEqual([1, 2, 294, 295, 296, 297, 298, 299, 300, 301, 302]);
    });

    it('S20: the oldest are found behind any number of answers', async () => {
      const birth = { ...CALL, request: undefined, requestId: undefined };
      await a.append(
        appendOf(
          0,
          Array.from({ length: 300 }, (_, n) => logged(n + 1, 'answer', 'x')),
          { birth },
        ),
      );
      await a.append(
        appendOf(
          300,
          Array.from({ length: 12 }, (_, n) => logged(n + 301, 'log')),
          { birth },
        ),
      );
      expect((await seqs())?.slice(299)).toEqual([300, 304, 305, 306, 307, 308, 309, 310, 311, 312]);
    });

    it('S20: what is too large is refused whole, and a smaller one is taken after it', async () => {
      await a.append(appendOf(0, [logged(1, 'log')]));
      const large = [logged(2, 'log'), logged(3, 'answer', 'x'.repeat(5_000))];
      await expect(a.append(appendOf(1, large))).rejects.toEqual(tooLarge);
      expect(await seqs()).toEqual([1]);
      expect(await a.append(appendOf(1, [logged(2, 'log'), logged(3, 'answer')]))).toBe('kept');
    });

    it('S20: a request counts', async () => {
      const birth = { ...CALL, request: 'x'.repeat(5_000) };
      await expect(a.append(appendOf(0, [logged(1, 'log')], { birth }))).rejects.toEqual(tooLarge);
      expect(await read()).toBeUndefined();
    });

    it('S20: the answers of a batch have a bound together', async () => {
      const birth = { ...CALL, request: undefined, requestId: undefined };
      await a.append(appendOf(0, [logged(1, 'answer', 'x'.repeat(4_000))], { birth }));
      await expect(a.append(appendOf(1, [logged(2, 'answer', 'x'.repeat(2_001))], { birth }))).rejects.toEqual(
        tooLarge,
      );
      expect(await a.append(appendOf(1, [logged(2, 'answer', 'x'.repeat(2_000))], { birth }))).toBe('kept');
    });

    it('S20: the bounds of a cluster are those of the design', () => {
      expect(ARCHIVE_LIMITS).toMatchObject({ maxEvents: 1_000, keepMs: 300_000 });
    });
  });
}
