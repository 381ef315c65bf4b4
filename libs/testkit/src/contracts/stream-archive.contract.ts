import {
  ARCHIVE_LIMITS,
  type Append,
  type ArchiveLimits,
  type EventKind,
  type LoggedEvent,
  type StreamArchive,
  type StreamBirth,
} from '@mcp-cluster/protocol';
import { beforeEach, describe, expect, it } from 'vitest';

export interface StreamArchiveHarness {
  /** What one life of a node sees, `<id>/<incarnation>`; its lease is there. */
  node(owner: string): Promise<StreamArchive>;
  /** The lease of that life of a node is over. */
  loseLease(owner: string): Promise<void>;
  /** Everything but the leases is lost, as by a Redis that starts empty. */
  loseAll(): Promise<void>;
  /** @returns what brings the streams back as they are now: a replica takes over that got nothing since */
  snapshot(): Promise<() => Promise<void>>;
  /** Lets time pass for the archive. */
  elapse(ms: number): Promise<void>;
}

/** Gives an empty archive. */
export type OpenStreamArchive = (limits?: ArchiveLimits) => Promise<StreamArchiveHarness>;

export const SESSION = 'the session of a client';
export const CALL: StreamBirth = { session: SESSION, stream: 'c1', request: '{"id":7}', requestId: 7 };
const BATCH: StreamBirth = { ...CALL, request: undefined, requestId: undefined };

export function logged(seq: number, kind: EventKind, message = `${kind} ${String(seq)}`): LoggedEvent {
  return { seq, kind, message, bytes: Buffer.byteLength(message) };
}

/** An append of the first writer, unless `more` says something else. */
export function appendOf(after: number, events: readonly LoggedEvent[], more: Partial<Append> = {}): Append {
  return { birth: CALL, epoch: 1, after, events, lostUpTo: 0, ...more };
}

/** What every StreamArchive keeps to, but for its bounds (`streamArchiveBoundsContract`). */
export function streamArchiveContract(name: string, open: OpenStreamArchive): void {
  describe(`${name}: an archive of streams`, () => {
    let harness: StreamArchiveHarness;
    let a: StreamArchive;
    let b: StreamArchive;
    beforeEach(async () => {
      harness = await open();
      [a, b] = [await harness.node('a/1'), await harness.node('b/1')];
    });

    const read = (after = 0) => b.read(SESSION, CALL.stream, after);
    const claim = (node: StreamArchive, epoch: number) => node.claim(SESSION, CALL.stream, epoch);
    const seqs = async (): Promise<number[] | undefined> => (await read())?.events.map(({ seq }) => seq);

    it('S16: another node reads what a node has said, in its order and to the byte', async () => {
      const events = [logged(1, 'log'), logged(2, 'ask', '{"text":"größe 🙂 \\u0000"}'), logged(4, 'progress')];
      expect(await a.append(appendOf(0, events))).toBe('kept');
      const last = [logged(7, 'change', ''), logged(9, 'answer', 'x'.repeat(300_000))];
      expect(await a.append(appendOf(4, last))).toBe('kept');
      const kept = {
        // Its request is not kept any more: it has been answered.
        birth: { ...CALL, request: undefined },
        epoch: 1,
        ends: [],
        last: 9,
        lostUpTo: 0,
        answered: true,
        ownerAlive: true,
        events: [...events, ...last],
      };
      expect(await read()).toEqual(kept);
      expect(await a.read(SESSION, CALL.stream, 0)).toEqual(kept);
      expect((await read(2))?.events).toEqual([events[2], ...last]);
      expect((await read(4))?.events).toEqual(last);
      expect((await read(9))?.events).toEqual([]);
      expect((await read(999_999_999_999_999))?.last).toBe(9);
    });

    it.for<StreamBirth>([
      { ...CALL, request: '{"params":{"text":"ä"}}', requestId: 'seven' },
      { ...CALL, request: '', requestId: 0 },
      { ...CALL, request: undefined, requestId: '' },
      BATCH,
    ])('S16: keeps what it takes to go on with a stream: %j', async (birth) => {
      await a.append(appendOf(0, [], { birth }));
      await a.append(appendOf(0, [logged(1, 'log')], { birth }));
      await a.append(appendOf(1, [logged(2, 'log')], { birth }));
      expect(await read()).toMatchObject({ birth, epoch: 1, last: 2, answered: false });
    });

    it('S16: a stream that has said nothing yet can be taken over', async () => {
      expect(await a.append(appendOf(0, []))).toBe('kept');
      expect(await read()).toMatchObject({ last: 0, events: [], answered: false });
      expect(await claim(b, 1)).toEqual({ epoch: 2, last: 0 });
    });

    it('S1: a stream is found with the id of its session only', async () => {
      await a.append(appendOf(0, [logged(1, 'ask')]));
      const other = 'the session of another client';
      for (const stream of [CALL.stream, `${CALL.stream}:events`, '', '*']) {
        expect(await b.read(other, stream, 0)).toBeUndefined();
        expect(await b.claim(other, stream, 1)).toBeUndefined();
        await a.forget(other, stream, 1);
        await a.renew([{ session: other, stream }]);
      }
      const theirs = { ...CALL, session: other };
      expect(await b.append(appendOf(1, [logged(2, 'log')], { birth: theirs }))).toBe('behind');
      expect(await b.append(appendOf(0, [logged(1, 'answer')], { birth: theirs }))).toBe('kept');
      expect(await read()).toMatchObject({ birth: CALL, epoch: 1, last: 1, answered: false });
      expect((await b.read(other, CALL.stream, 0))?.birth).toEqual({ ...theirs, request: undefined });
    });

    it('experiment 3: what is sent again because its reply was lost is kept once', async () => {
      const first = appendOf(0, [logged(1, 'ask'), logged(2, 'progress')]);
      const more = appendOf(0, [...first.events, logged(3, 'log'), logged(4, 'answer')]);
      for (const append of [first, first, more, more, first]) expect(await a.append(append)).toBe('kept');
      expect(await seqs()).toEqual([1, 2, 3, 4]);
    });

    it('S20: of progress the latest is kept, in its place', async () => {
      await a.append(appendOf(0, [logged(1, 'progress'), logged(2, 'ask'), logged(3, 'progress')]));
      expect(await seqs()).toEqual([2, 3]);
      await a.append(appendOf(3, [logged(5, 'log'), logged(6, 'progress')]));
      await a.append(appendOf(6, [logged(7, 'change')]));
      expect((await read())?.events).toEqual([2, 5, 6, 7].map((seq) => expect.objectContaining({ seq }) as unknown));
      expect((await read(6))?.events).toEqual([logged(7, 'change')]);
      expect(await read()).toMatchObject({ last: 7, lostUpTo: 0 });
    });

    it('a call has one answer, and nothing after it', async () => {
      for (const kind of ['answer', 'progress'] as const)
        expect(await a.append(appendOf(0, [logged(1, 'answer'), logged(2, kind)]))).toBe('fenced');
      expect(await read()).toBeUndefined();
      await a.append(appendOf(0, [logged(1, 'answer')]));
      expect(await a.append(appendOf(1, [logged(2, 'answer')]))).toBe('fenced');
      expect(await a.append(appendOf(1, [logged(2, 'log')]))).toBe('fenced');
      expect(await a.append(appendOf(0, [logged(1, 'answer')]))).toBe('kept');
      expect(await claim(b, 1)).toBeUndefined();
      expect(await read()).toMatchObject({ answered: true, last: 1, events: [logged(1, 'answer')] });
    });

    it('a batch has several answers, and whether it is over nobody but its writer knows', async () => {
      await a.append(appendOf(0, [logged(1, 'answer')], { birth: BATCH }));
      expect(await a.append(appendOf(1, [logged(2, 'log'), logged(3, 'answer')], { birth: BATCH }))).toBe('kept');
      expect(await read()).toMatchObject({ answered: false, last: 3 });
      expect(await seqs()).toEqual([1, 2, 3]);
      expect(await claim(b, 1)).toEqual({ epoch: 2, last: 3 });
    });

    it('experiment 1: an owner lives while its lease does, and another life of the node is another owner', async () => {
      await a.append(appendOf(0, [logged(1, 'log')]));
      await harness.loseLease('a/1');
      expect((await read())?.ownerAlive).toBe(false);
      const again = await harness.node('a/2');
      expect((await read())?.ownerAlive).toBe(false);
      expect(await again.append(appendOf(1, [logged(2, 'log')]))).toBe('fenced');
      await claim(b, 1);
      expect((await read())?.ownerAlive).toBe(true);
      await harness.loseLease('b/1');
      expect((await read())?.ownerAlive).toBe(false);
    });

    it('experiments 3, 5: a fenced writer adds, keeps and forgets nothing', async () => {
      await a.append(appendOf(0, [logged(1, 'log')]));
      await harness.loseLease('a/1');
      expect(await claim(b, 1)).toEqual({ epoch: 2, last: 1 });
      const late = [logged(2, 'ask'), logged(3, 'answer')];
      for (const after of [0, 1]) expect(await a.append(appendOf(after, late))).toBe('fenced');
      expect(await a.append(appendOf(0, []))).toBe('fenced');
      // Also one that knows the number of the newest epoch but not that it is another node's.
      expect(await a.append(appendOf(1, late, { epoch: 2 }))).toBe('fenced');
      await a.forget(SESSION, CALL.stream, 1);
      await a.forget(SESSION, CALL.stream, 2);
      expect(await b.append(appendOf(1, [logged(2, 'change')], { epoch: 2 }))).toBe('kept');
      expect((await read())?.events).toEqual([logged(1, 'log'), logged(2, 'change')]);
      await harness.elapse(ARCHIVE_LIMITS.keepMs - 1_000);
      await a.renew([{ session: SESSION, stream: CALL.stream }]);
      await harness.elapse(2_000);
      expect(await read()).toBeUndefined();
    });

    it('experiment 10: of several that claim one succeeds', async () => {
      await a.append(appendOf(0, [logged(1, 'log'), logged(2, 'progress')]));
      const nodes = [a, b, await harness.node('c/1'), await harness.node('d/1'), b];
      const claims = await Promise.all(nodes.map((node) => claim(node, 1)));
      expect(claims.filter((won) => won !== undefined)).toEqual([{ epoch: 2, last: 2 }]);
      expect(await read()).toMatchObject({ epoch: 2, ends: [2] });
      for (const epoch of [0, 1, 3]) expect(await claim(b, epoch)).toBeUndefined();
    });

    it('experiment 1: a stream tells where the epochs of its writers ended', async () => {
      await a.append(appendOf(0, [logged(1, 'log'), logged(3, 'progress')]));
      await claim(b, 1);
      await b.append(appendOf(3, [logged(4, 'log')], { epoch: 2 }));
      expect(await claim(a, 2)).toEqual({ epoch: 3, last: 4 });
      expect(await claim(b, 3)).toEqual({ epoch: 4, last: 4 });
      await b.append(appendOf(4, [logged(5, 'answer')], { epoch: 4 }));
      expect(await read()).toMatchObject({ epoch: 4, ends: [3, 4, 4], last: 5, answered: true });
    });

    it('a stream that nobody comes back to is forgotten by its writer', async () => {
      await a.append(appendOf(0, [logged(1, 'answer')]));
      await b.forget(SESSION, CALL.stream, 1);
      await a.forget(SESSION, CALL.stream, 2);
      expect(await seqs()).toEqual([1]);
      await a.forget(SESSION, CALL.stream, 1);
      await a.forget(SESSION, CALL.stream, 1);
      expect(await read()).toBeUndefined();
      expect(await a.append(appendOf(0, [logged(1, 'log')]))).toBe('kept');
      expect(await seqs()).toEqual([1]);
    });

    it('a stream is kept for 5 min after its last event, and while its writer renews it', async () => {
      const { keepMs } = ARCHIVE_LIMITS;
      const mine = [{ session: SESSION, stream: CALL.stream }];
      await a.append(appendOf(0, [logged(1, 'log')]));
      await harness.elapse(keepMs - 1_000);
      await a.append(appendOf(1, [logged(2, 'ask')]));
      for (let round = 0; round < 3; round += 1) {
        await harness.elapse(keepMs - 1_000);
        await a.renew([...mine, { session: SESSION, stream: 'unknown' }]);
      }
      await harness.elapse(keepMs - 1_000);
      expect(await seqs()).toEqual([1, 2]);
      await claim(b, 1);
      await harness.elapse(keepMs - 1_000);
      expect(await seqs()).toEqual([1, 2]);
      await harness.elapse(2_000);
      expect(await read()).toBeUndefined();
      await b.renew(mine);
      expect(await read()).toBeUndefined();
    });

    it('renews none and many', async () => {
      const streams = Array.from({ length: 1_003 }, (_, n) => ({ session: SESSION, stream: `c${String(n)}` }));
      for (const n of [0, 499, 500, 1_002])
        await a.append(appendOf(0, [logged(1, 'log')], { birth: { ...CALL, ...streams[n] } }));
      await harness.elapse(ARCHIVE_LIMITS.keepMs - 1_000);
      await a.renew([]);
      await a.renew(streams);
      await harness.elapse(2_000);
      for (const n of [0, 499, 500, 1_002]) expect(await b.read(SESSION, `c${String(n)}`, 0)).toBeDefined();
    });
  });
}
