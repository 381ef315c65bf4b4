import { EVERYTHING, type CacheQuery } from '@mcp-cluster/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AccessLog, LOGGED_ACCESSES } from './access-log.js';

function query(id: string): CacheQuery<string> {
  return {
    key: { id, type: 'resource', space: 'notes', scope: 'public', owner: '', tags: [EVERYTHING] },
    policy: { ttlMs: 1_000, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 },
    load: () => Promise.resolve({ value: id, keep: true }),
  };
}

function read(log: AccessLog, limit: number): string[] {
  const ids: string[] = [];
  log.read(limit, ({ id }) => ids.push(id));
  return ids;
}

describe('P07: the log of accesses', () => {
  it('holds 10,000, and counts those that were overwritten unread', () => {
    const log = new AccessLog();
    const one = query('key');
    for (let access = 0; access < LOGGED_ACCESSES + 5; access += 1) log.record(one, 'me', false, access);
    expect(log).toMatchObject({ size: 10_000, unread: 10_000, lost: 5, recorded: 10_005 });
    let first: number | undefined;
    log.read(1, ({ at }) => (first = at));
    expect(first).toBe(5);
    expect(log.recent(2)).toEqual([
      { who: 'me', id: 'key', space: 'notes', owner: '', at: 10_004 },
      { who: 'me', id: 'key', space: 'notes', owner: '', at: 10_003 },
    ]);
  });

  it('gives the query only of what may be prefetched, and lets go of it when it was read', () => {
    const log = new AccessLog(2);
    log.record(query('yes'), undefined, true, 0);
    log.record(query('no'), undefined, false, 0);
    const slots: { query: unknown }[] = [];
    const queries: unknown[] = [];
    log.read(2, (access) => {
      slots.push(access);
      queries.push(access.query);
    });
    expect(queries).toEqual([expect.objectContaining({ key: query('yes').key }), undefined]);
    expect(slots.map((slot) => slot.query)).toEqual([undefined, undefined]);
    expect(JSON.stringify(log.recent(2))).not.toContain('query');
  });

  it('gives each access once and in order, as a list of the last ones would', () => {
    const step = fc.oneof(
      fc.record({ write: fc.nat(9) }),
      fc.record({ read: fc.nat(9) }),
      fc.constant('clear' as const),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.array(step, { maxLength: 60 }), (capacity, steps) => {
        const log = new AccessLog(capacity);
        let model: string[] = [];
        let number = 0;
        for (const one of steps) {
          if (one === 'clear') {
            log.clear();
            model = [];
          } else if ('read' in one) expect(read(log, one.read)).toEqual(model.splice(0, one.read));
          else
            for (let write = 0; write < one.write; write += 1) {
              model.push(String((number += 1)));
              if (model.length > capacity) model.shift();
              log.record(query(String(number)), undefined, false, 0);
            }
          expect(log.unread).toBe(model.length);
          expect(log.size).toBeLessThanOrEqual(capacity);
        }
      }),
    );
  });
});
