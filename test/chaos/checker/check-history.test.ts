import { describe, expect, it } from 'vitest';
import { checkHistory, type Allowances } from './check-history.ts';
import type { Answered, CallKind, HistoryEvent, Sent } from './history.ts';
import { tagOf } from './tags.ts';

const call = { client: 'c1', request: 'c1.1' };
const sent = (kind: CallKind = 'repeatable', more: Partial<Sent> = {}): Sent => ({
  ...call,
  at: 0,
  event: 'sent',
  kind,
  limitMs: 1_000,
  ...more,
});
const answer = (more: Partial<Answered> = {}): Answered => ({
  ...call,
  at: 500,
  event: 'answer',
  outcome: 'result',
  text: 'done',
  ...more,
});
const unknown = answer({ outcome: 'error', code: -32603, unknown: true });
const progress = (value: number, at = 100): HistoryEvent => ({ ...call, at, event: 'progress', progress: value });
const event = (id: string): HistoryEvent => ({ ...call, at: 100, event: 'event', id });
const prime = (id: string): HistoryEvent => ({ ...call, at: 100, event: 'event', id, primes: true });
const text = (...tags: string[]): HistoryEvent => ({ ...call, at: 100, event: 'text', tags });
const effect = (request = 'c1.1'): HistoryEvent => ({ ...call, request, at: 100, event: 'effect', pid: 1 });
const abandoned: HistoryEvent = { ...call, at: 400, event: 'abandoned', why: 'its manager is gone' };

const rules = (events: readonly HistoryEvent[], allowances?: Allowances) =>
  checkHistory(events, allowances).map(({ rule }) => rule);

describe('a good history', () => {
  const broken: HistoryEvent = { ...call, at: 150, event: 'broken', why: 'reset' };
  const resumed: HistoryEvent = { ...call, at: 200, event: 'resumed', after: 's.1.2', status: 200 };
  const good: [string, readonly HistoryEvent[]][] = [
    ['of nothing', []],
    ['of a call and its result', [sent(), answer()]],
    ['of progress that leaves steps out', [sent(), progress(1), progress(4), answer()]],
    ['of a stream that another node went on with', [sent(), event('s.1.0'), event('s.1.3'), event('s.2.4'), answer()]],
    ['of a resumed stream', [sent(), event('s.1.0'), event('s.1.2'), broken, resumed, event('s.1.3'), answer()]],
    ['of a stream that says where it goes on', [sent(), event('s.1.2'), prime('s.1.2'), event('s.1.3'), answer()]],
    ['of a stream without epochs', [sent(), event('s.0'), event('s.1'), answer()]],
    ['of a write with one effect', [sent('once'), effect(), answer()]],
    ['of a write whose node died before its effect', [sent('once'), unknown]],
    ['of a write whose node died after its effect', [sent('once'), effect(), unknown]],
    ['of a write that was refused', [sent('once'), answer({ outcome: 'error', code: -32603, reason: 'capacity' })]],
    ['of its own text', [sent(), text(tagOf('c1', 'c1.1')), text(), answer()]],
    [
      'of a key that was sent twice, and ran once',
      [
        sent('keyed', { key: 'k' }),
        unknown,
        sent('keyed', { key: 'k', request: 'c1.2' }),
        effect('c1.2'),
        answer({ request: 'c1.2' }),
      ],
    ],
  ];
  it.each(good)('%s', (_what, events) => {
    expect(checkHistory(events)).toEqual([]);
  });

  it('of a call that was given up where that is allowed', () => {
    expect(rules([sent(), abandoned], { mayAbandon: true })).toEqual([]);
  });

  it('of a read that failed where that is allowed', () => {
    expect(rules([sent(), unknown], { mayFail: () => true })).toEqual([]);
  });
});

describe('a bad history is told by its rule', () => {
  const bad: [string, string, readonly HistoryEvent[]][] = [
    ['an answer that was lost', 'answer', [sent()]],
    ['an answer that came twice', 'answer', [sent(), answer(), answer()]],
    ['a result and then an error', 'answer', [sent('once'), effect(), answer(), unknown]],
    ['a call that was given up', 'answer', [sent(), abandoned]],
    ['an answer to nobody', 'answer', [answer()]],
    ['an answer that another client got', 'answer', [sent(), answer({ client: 'c2' }), answer()]],
    ['a request name used twice', 'answer', [sent(), sent(), answer()]],
    ['a read that failed', 'result', [sent(), unknown]],
    ['a write whose error promises nothing', 'result', [sent('once'), answer({ outcome: 'error', code: -32603 })]],
    [
      'a write that failed by another code',
      'result',
      [sent('once'), answer({ outcome: 'error', code: -32000, unknown: true })],
    ],
    ['an event that came again', 'order', [sent(), event('s.1.1'), event('s.1.1'), answer()]],
    ['a stream that goes on further than it was', 'order', [sent(), event('s.1.2'), prime('s.1.3'), answer()]],
    ['an event of an older node', 'order', [sent(), event('s.2.5'), event('s.1.6'), answer()]],
    ['an event number that fell', 'order', [sent(), event('s.1.5'), event('s.1.4'), answer()]],
    ['an event of another stream', 'order', [sent(), event('s.1.5'), event('t.1.6'), answer()]],
    ['an id that is none', 'order', [sent(), event('what?'), answer()]],
    ['progress that came again', 'progress', [sent(), progress(2), progress(2), answer()]],
    ['progress that fell', 'progress', [sent(), progress(3), progress(1), answer()]],
    ['progress after the answer', 'silence', [sent(), answer(), progress(5, 600)]],
    ['an event after the answer', 'silence', [sent(), event('s.1.1'), answer(), event('s.1.2')]],
    ['a write that ran twice', 'effect', [sent('once'), effect(), effect(), answer()]],
    ['a result without its effect', 'effect', [sent('once'), answer()]],
    ['an effect of nobody’s call', 'effect', [effect()]],
    ['bytes of another client', 'privacy', [sent(), text(tagOf('c2', 'c2.1')), answer()]],
    ['an answer that came too late', 'time', [sent(), answer({ at: 1_001 })]],
  ];
  it.each(bad)('%s: %s', (_what, rule, events) => {
    expect(new Set(rules(events))).toEqual(new Set([rule]));
  });

  it('an effect of a write that was refused for certain', () => {
    const refused = answer({ outcome: 'error', code: -32603, reason: 'capacity' });
    expect(rules([sent('once'), effect(), refused])).toEqual(['effect']);
  });

  it('a call that was given up too late, even where it may be', () => {
    expect(rules([sent(), { ...abandoned, at: 2_000 }], { mayAbandon: true })).toEqual(['time']);
  });

  const keyed = (request: string): Sent => sent('keyed', { key: 'k', request });
  it('two effects of one key', () => {
    const both = ['c1.1', 'c1.2'].flatMap((request) => [keyed(request), effect(request), answer({ request })]);
    expect(rules(both)).toEqual(['effect']);
  });

  it('two results of one key', () => {
    const first = [keyed('c1.1'), effect(), answer({ text: 'one' })];
    expect(rules([...first, keyed('c1.2'), answer({ request: 'c1.2', text: 'two' })])).toEqual(['effect']);
  });
});

it('names the request and what was wrong with it', () => {
  expect(checkHistory([sent(), answer(), answer()])).toEqual([
    { rule: 'answer', client: 'c1', request: 'c1.1', what: '2 answers' },
  ]);
});
