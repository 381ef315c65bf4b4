import { Background, seededRng } from '@mcp-cluster/kernel';
import { VirtualClock } from '@mcp-cluster/testkit';
import { FakeResponse, readFrames, StreamRecord, type StreamEvent } from '@mcp-cluster/testkit/http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCursor } from './event-id.js';
import { ResumableStream, type StreamOwner } from './resumable-stream.js';
import { SseResponse, STREAM_BUDGET_BYTES } from './sse-response.js';
import { StreamServices } from './stream-services.js';

const nobody: StreamOwner = { away: () => undefined, ended: () => undefined, forgotten: () => undefined };

/** A stream and a client that loses its connection, loses what was on the way, and comes back. */
class Story {
  readonly record = new StreamRecord();
  readonly services = new StreamServices({
    clock: new VirtualClock(),
    rng: seededRng(1),
    background: new Background((_name, error) => {
      throw error;
    }),
    observer: this.record,
  });
  readonly stream: ResumableStream;
  readonly seen: StreamEvent[] = [];
  private response: FakeResponse | undefined;
  private place = 0;

  constructor(primed = true) {
    const { observer } = this.services;
    const id = this.services.ids.next('call');
    this.stream = new ResumableStream(
      { id, kind: 'call', primed, request: 'r', observer, openLog: (owner) => this.services.openLog(owner, undefined) },
      nobody,
    );
  }

  /** Opens a connection, or another one beside the one that is open. */
  connect(): void {
    const response = new FakeResponse();
    this.response = response;
    const connection = new SseResponse(response.asResponse, [], 'call', this.services);
    this.stream.attach(connection, this.place);
  }

  /** The client reads `share` of what was written, 1 for all. */
  read(share: number): void {
    const { response } = this;
    if (response === undefined) return;
    const text = response.written.splice(0).join('');
    const frames = readFrames(text);
    const count = Math.round(share * frames.length);
    for (const frame of frames.slice(0, count)) this.take(frame);
    if (count < frames.length) this.cut();
  }

  cut(): void {
    this.response?.destroy();
    this.response = undefined;
  }

  /** The client takes all, or nothing any more. */
  fill(full: boolean): void {
    if (this.response === undefined) return;
    this.response.writableLength = full ? STREAM_BUDGET_BYTES : 0;
    if (!full) this.response.emit('drain');
  }

  get messages(): string[] {
    return this.seen.flatMap(({ message }) =>
      message === undefined ? [] : [message.method ?? (message.error === undefined ? 'answer' : 'error')],
    );
  }

  private take(frame: StreamEvent): void {
    this.seen.push(frame);
    if (frame.id !== undefined) this.place = readCursor(frame.id)?.seq ?? Number.NaN;
  }
}

const text = (method: string): string => JSON.stringify({ jsonrpc: '2.0', method });
const answer = '{"jsonrpc":"2.0","id":"r","result":{}}';

type Step =
  | { readonly do: 'say'; readonly kind: 'progress' | 'log' | 'ask' | 'change' }
  | { readonly do: 'read'; readonly share: number }
  | { readonly do: 'connect' | 'cut' | 'full' | 'room' | 'end' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      kind: fc.constantFrom('progress', 'log', 'ask', 'change'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('read' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('connect', 'cut', 'full', 'room') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const) }) },
);

describe('a stream that is resumed', () => {
  it('S16, S20: wherever it is cut, a client that resumes misses no question and no change and gets the answer once', () => {
    const property = fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, primed) => {
      const story = new Story(primed);
      const musts: string[] = [];
      let said = 0;
      let ended = false;
      const run = (one: Step): void => {
        switch (one.do) {
          case 'say': {
            const name = `${one.kind}-${String((said += 1))}`;
            if (!ended && (one.kind === 'ask' || one.kind === 'change')) musts.push(name);
            story.stream.send(text(name), one.kind);
            return;
          }
          case 'read':
            story.read(one.share);
            return;
          case 'connect':
            story.connect();
            return;
          case 'cut':
            story.cut();
            return;
          case 'full':
          case 'room':
            story.fill(one.do === 'full');
            return;
          case 'end':
            ended = true;
            story.stream.end(answer);
        }
      };
      story.connect();
      for (const one of steps) run(one);
      run({ do: 'end' });
      story.fill(false);
      story.read(1);
      if (!story.messages.includes('answer')) {
        story.connect();
        story.read(1);
      }
      const { messages, seen } = story;
      expect(messages.filter((message) => message === 'answer')).toHaveLength(1);
      expect(messages.at(-1)).toBe('answer');
      expect(messages.filter((message) => /^(ask|change)-/.test(message))).toEqual(musts);
      const places = seen.flatMap(({ id, message }) => (message === undefined ? [] : [readCursor(id ?? '')?.seq]));
      expect(places).toEqual([...new Set(places)].toSorted((a = 0, b = 0) => a - b));
      const numbers = messages.flatMap((message) => (message === 'answer' ? [] : [Number(message.split('-')[1])]));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    });
    fc.assert(property, { numRuns: 500 }); // a failure prints its seed
  });

  it('S20: a client that missed a question for good is told so once, and the stream is over for it', () => {
    const story = new Story();
    const size = 100 * 1024;
    for (let n = 0; n < 4; n += 1) story.stream.send(text(`ask-${String(n)}`.padEnd(size, '.')), 'ask');
    story.connect();
    story.read(1);
    expect(story.seen.at(-1)).toMatchObject({
      id: undefined,
      message: { id: 'r', error: { code: -32603, data: { outcome: 'unknown' } } },
    });
    expect([story.record.drops, story.record.closings]).toEqual([['ask', 'ask'], [['call', 'overflow']]]);
    story.stream.end(answer);
    expect(story.stream.bytes).toBe(0);
  });

  it('S20: an answer that is there is given, whatever question was lost on the way', () => {
    const story = new Story();
    for (let n = 0; n < 4; n += 1) story.stream.send(text(`ask-${String(n)}`.padEnd(100 * 1024, '.')), 'ask');
    story.stream.end(answer);
    story.connect();
    story.read(1);
    expect(story.messages.at(-1)).toBe('answer');
  });

  it('S20: a reader that falls behind by more than it must not miss loses its connection', () => {
    const story = new Story();
    story.connect();
    story.fill(true);
    for (let n = 0; n < 2; n += 1) story.stream.send(text(`ask-${String(n)}`.padEnd(100 * 1024, '.')), 'ask');
    expect(story.stream.connected).toBe(true);
    story.stream.send(text('ask-2'.padEnd(100 * 1024, '.')), 'ask');
    expect([story.stream.connected, story.record.closings]).toEqual([false, [['call', 'overflow']]]);
  });

  it('S20: what was sent and is not kept any more is no loss to a reader that keeps up', () => {
    const story = new Story();
    story.connect();
    for (let n = 0; n < 10; n += 1) story.stream.send(text(`ask-${String(n)}`.padEnd(100 * 1024, '.')), 'ask');
    story.stream.end(answer);
    story.read(1);
    expect([story.messages.length, story.record.drops]).toEqual([11, []]);
  });
});
