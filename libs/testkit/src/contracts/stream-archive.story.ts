import type { AppendResult, ArchivedStream, EventKind, LoggedEvent, StreamArchive } from '@mcp-cluster/protocol';
import { expect } from 'vitest';
import { appendOf, CALL, logged, SESSION, type StreamArchiveHarness } from './stream-archive.contract.js';

/** What happens to a call and its reply on the way. */
export type Delivery = 'arrives' | 'loses its reply' | 'is lost';

type Place = 0 | 1;
export type StoryStep =
  | { readonly do: 'say'; readonly node: Place; readonly kind: Exclude<EventKind, 'answer'> }
  | { readonly do: 'flush'; readonly node: Place; readonly delivery: Delivery }
  /** `repeat`: the last append arrives once more, late. `give up`: the oldest that must be heard has no room any more. */
  | { readonly do: 'repeat' | 'give up' | 'answer'; readonly node: Place }
  /** `knows`: it has read what is there before it takes the stream over. */
  | { readonly do: 'claim'; readonly node: Place; readonly delivery: Delivery; readonly knows: boolean }
  | { readonly do: 'race' | 'snapshot' | 'lose the tail' | 'lose all' };

/** One time that a node writes the stream. Its number is in each message, so that it is seen who wrote what. */
class Writer {
  /** What it has said, and by whom before it, that it still knows. */
  log: LoggedEvent[];
  readonly said = new Map<number, EventKind>();
  seq: number;
  acknowledged: number;
  fenced = false;
  answered = false;
  sent: Parameters<StreamArchive['append']>[0] | undefined;

  /** @param lineage the writers of each epoch, this one the last */
  constructor(
    readonly epoch: number,
    readonly lineage: readonly number[],
    last: number,
    known: readonly LoggedEvent[],
    public lostUpTo: number,
  ) {
    this.seq = this.acknowledged = last;
    this.log = [...known];
  }

  get id(): number {
    return this.lineage.at(-1) ?? 0;
  }

  say(kind: EventKind): void {
    if (this.answered) return;
    this.seq += 1;
    this.said.set(this.seq, kind);
    this.answered = kind === 'answer';
    if (kind === 'progress') this.log = this.log.filter((event) => event.kind !== 'progress');
    this.log.push(logged(this.seq, kind, `${String(this.id)}/${String(this.seq)}/${kind}`));
  }

  giveUp(): void {
    const oldest = this.log.find(({ kind }) => isMust(kind) && kind !== 'answer');
    if (oldest === undefined) return;
    this.lostUpTo = Math.max(this.lostUpTo, oldest.seq);
    this.log = this.log.filter((event) => event !== oldest);
  }

  heard(result: AppendResult): void {
    if (result === 'kept') this.acknowledged = Math.max(this.acknowledged, this.seq);
    else if (result === 'behind') this.acknowledged = 0;
    else this.fenced = true;
  }
}

/** What two nodes do with one stream, and what has to be true after each step. */
export class ArchiveStory {
  private readonly first = new Writer(1, [1], 0, [], 0);
  private readonly writers: [Writer | undefined, Writer | undefined] = [this.first, undefined];
  private readonly all = new Map([[1, this.first]]);
  /** The writers of each epoch of the stream that is there. */
  private lineage: readonly number[] = [];
  private count = 1;
  private saved: { readonly lineage: readonly number[]; readonly bringBack: () => Promise<void> } | undefined;

  private constructor(
    private readonly harness: StreamArchiveHarness,
    private readonly nodes: readonly [StreamArchive, StreamArchive],
  ) {}

  static async begin(harness: StreamArchiveHarness): Promise<ArchiveStory> {
    return new ArchiveStory(harness, [await harness.node('a/1'), await harness.node('b/1')]);
  }

  async tell(step: StoryStep): Promise<void> {
    await this.act(step);
    await this.check();
  }

  /** Somebody brings it to its end. */
  async finish(): Promise<void> {
    for (let tries = 0; tries < 8 && (await this.read())?.answered !== true; tries += 1) {
      let node: Place = this.active(0) === undefined ? 1 : 0;
      if (this.active(node) === undefined) await this.tell({ do: 'claim', node, delivery: 'arrives', knows: true });
      // Nobody writes and nothing is there: for its client the call has ended with an error.
      if (this.active(node) === undefined) node = node === 0 ? 1 : 0;
      if (this.active(node) === undefined && (await this.read()) === undefined) return;
      await this.tell({ do: 'answer', node });
      await this.tell({ do: 'flush', node, delivery: 'arrives' });
    }
    expect((await this.read())?.answered).toBe(true);
  }

  private async act(step: StoryStep): Promise<void> {
    switch (step.do) {
      case 'say':
        this.active(step.node)?.say(step.kind);
        return;
      case 'answer':
        this.active(step.node)?.say('answer');
        return;
      case 'give up':
        this.active(step.node)?.giveUp();
        return;
      case 'flush':
        await this.flush(step.node, step.delivery);
        return;
      case 'repeat':
        await this.repeat(step.node);
        return;
      case 'claim':
        await this.claim(step.node, step.delivery, step.knows);
        return;
      case 'race':
        await this.race();
        return;
      case 'snapshot':
        this.saved = { lineage: this.lineage, bringBack: await this.harness.snapshot() };
        return;
      case 'lose the tail':
        if (this.saved === undefined) return;
        await this.saved.bringBack();
        this.forgetSent(this.saved.lineage);
        return;
      case 'lose all':
        await this.harness.loseAll();
        // After that nothing older comes back: no replica outlives the loss of all of them.
        this.saved = undefined;
        this.forgetSent([]);
    }
  }

  private async flush(node: Place, delivery: Delivery): Promise<void> {
    const writer = this.active(node);
    if (writer === undefined) return;
    const { epoch, acknowledged, lostUpTo } = writer;
    const events = writer.log.filter(({ seq }) => seq > acknowledged);
    writer.sent = appendOf(acknowledged, events, { epoch, lostUpTo });
    if (delivery === 'is lost') return;
    const before = await this.read();
    const result = await this.nodes[node].append(writer.sent);
    expect(result).toBe(this.expected(before, writer, acknowledged));
    if (result === 'kept') this.lineage = writer.lineage;
    if (delivery === 'arrives') writer.heard(result);
  }

  /** Late, and nobody waits for the reply any more. */
  private async repeat(node: Place): Promise<void> {
    const writer = this.active(node);
    if (writer?.sent === undefined) return;
    const result = await this.nodes[node].append(writer.sent);
    if (result === 'kept') this.lineage = writer.lineage;
  }

  private async claim(node: Place, delivery: Delivery, knows: boolean): Promise<void> {
    const seen = await this.read();
    if (this.active(node) !== undefined || seen === undefined || delivery === 'is lost') return;
    const claimed = await this.nodes[node].claim(SESSION, CALL.stream, seen.epoch);
    expect(claimed).toEqual(seen.answered ? undefined : { epoch: seen.epoch + 1, last: seen.last });
    if (claimed !== undefined) this.take(node, seen, knows, delivery === 'arrives');
  }

  private async race(): Promise<void> {
    const seen = await this.read();
    const idle = ([0, 1] as const).filter((node) => this.active(node) === undefined);
    if (seen === undefined || seen.answered || idle.length === 0) return;
    const claims = await Promise.all(idle.map((node) => this.nodes[node].claim(SESSION, CALL.stream, seen.epoch)));
    expect(claims.filter((claimed) => claimed !== undefined)).toHaveLength(1);
    this.take(idle[claims.findIndex((claimed) => claimed !== undefined)] ?? 0, seen, true, true);
  }

  private take(node: Place, seen: ArchivedStream, knows: boolean, heard: boolean): void {
    this.count += 1;
    this.lineage = [...this.lineage, this.count];
    const known = knows ? seen.events : [];
    const writer = new Writer(seen.epoch + 1, this.lineage, seen.last, known, knows ? seen.lostUpTo : 0);
    this.all.set(this.count, writer);
    if (heard) this.writers[node] = writer;
  }

  /** What is under way to a Redis goes with it. */
  private forgetSent(lineage: readonly number[]): void {
    this.lineage = lineage;
    for (const writer of this.writers) if (writer !== undefined) writer.sent = undefined;
  }

  private active(node: Place): Writer | undefined {
    const writer = this.writers[node];
    return writer?.fenced === false ? writer : undefined;
  }

  private read(): Promise<ArchivedStream | undefined> {
    return this.nodes[1].read(SESSION, CALL.stream, 0);
  }

  private expected(before: ArchivedStream | undefined, writer: Writer, after: number): AppendResult {
    if (before !== undefined && before.epoch > writer.epoch) return 'fenced';
    if (before?.epoch === writer.epoch) {
      if (this.lineage.at(-1) !== writer.id) return 'fenced';
      return before.last < after ? 'behind' : 'kept';
    }
    if (before?.answered === true) return 'fenced';
    return after > 0 ? 'behind' : 'kept';
  }

  private async check(): Promise<void> {
    const stream = await this.read();
    if (stream === undefined) {
      expect(this.lineage).toEqual([]);
      return;
    }
    const { epoch, ends, last, lostUpTo, events } = stream;
    const seqs = events.map(({ seq }) => seq);
    const epochOf = (seq: number): number => ends.filter((end) => end < seq).length + 1;
    expect(epoch).toBe(this.lineage.length);
    expect(ends).toHaveLength(epoch - 1);
    expect([...ends, last]).toEqual([...ends, last].toSorted((one, other) => one - other));
    expect(seqs).toEqual([...new Set(seqs)].toSorted((one, other) => one - other));
    expect(Math.max(0, lostUpTo, ...seqs)).toBeLessThanOrEqual(last);
    expect(events.filter(({ kind }) => kind === 'progress').length).toBeLessThan(2);

    const answers = events.filter(({ kind }) => kind === 'answer');
    expect(answers).toHaveLength(stream.answered ? 1 : 0);
    if (answers[0] !== undefined) expect(answers[0].seq).toBe(last);

    for (const { seq, kind, message } of events)
      expect(message).toBe(`${String(this.lineage[epochOf(seq) - 1])}/${String(seq)}/${kind}`);
    const kept = new Set(seqs);
    const missing = this.lineage.flatMap((id, index) => {
      const musts = [...(this.all.get(id)?.said ?? [])].filter(([, kind]) => isMust(kind));
      const end = ends[index] ?? last;
      return musts.flatMap(([seq]) => (seq <= end && seq > lostUpTo && !kept.has(seq) ? [seq] : []));
    });
    expect(missing).toEqual([]);
  }
}

function isMust(kind: EventKind): boolean {
  return kind === 'ask' || kind === 'change' || kind === 'answer';
}
