import { Background, systemClock } from '@mcp-cluster/kernel';
import { ARCHIVE_LIMITS, MemoryStreamArchive, type EventKind, type StreamArchive } from '@mcp-cluster/protocol';
import { VirtualClock } from '@mcp-cluster/testkit';
import { appendOf, CALL, logged, SESSION } from '@mcp-cluster/testkit/contracts';
import { findRedisServer, startRedis, type TestRedis } from '@mcp-cluster/testkit/redis';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedis, type RedisStore } from '../connection/redis-store.js';
import { RedisStreamArchive } from './redis-stream-archive.js';

const limits = { ...ARCHIVE_LIMITS, maxEvents: 6, maxBytes: 60, maxAnswerBytes: 40 };
const OWNERS = ['a/1', 'b/1'] as const;
const KINDS: readonly EventKind[] = ['progress', 'log', 'ask', 'change', 'answer'];

const node = fc.nat({ max: 1 });
const event = fc.record({ gap: fc.nat({ max: 2 }), kind: fc.constantFrom(...KINDS), size: fc.nat({ max: 25 }) });
/** Places that matter are near each other: 0 to 9, and the last one that is there. */
const place = fc.oneof(fc.constant('last' as const), fc.nat({ max: 9 }));
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      node,
      epoch: fc.oneof(fc.constant('newest' as const), fc.integer({ min: 1, max: 4 })),
      after: place,
      lostUpTo: fc.oneof(fc.constant(0), place),
      events: fc.array(event, { maxLength: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('claim' as const), node }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), node }) },
);

describe.skipIf(!findRedisServer())('the script and the policy', () => {
  const background = new Background((_name, error) => {
    throw error;
  });
  let server: TestRedis;
  let raw: Redis;
  let store: RedisStore;

  beforeAll(async () => {
    server = await startRedis();
    raw = new Redis(server.url);
    store = openRedis({ url: server.url, prefix: 'test', name: 'test', clock: systemClock, background });
    expect(await store.answers(5_000)).toBe(true);
  });
  afterAll(async () => {
    store.close();
    raw.disconnect();
    await server.stop();
  });

  /** Does the same with both, and expects the same. */
  async function both<T>(archives: readonly StreamArchive[], call: (archive: StreamArchive) => Promise<T>): Promise<T> {
    const [first, second] = await Promise.allSettled(archives.map(call));
    expect(second).toEqual(first);
    return first?.status === 'fulfilled' ? first.value : (undefined as T);
  }

  it('S16, S20: whatever is appended, claimed and forgotten, both keep the same', async ({ annotate }) => {
    const property = fc.asyncProperty(
      fc.array(step, { maxLength: 40, size: 'max' }),
      fc.boolean(),
      async (steps, isCall) => {
        await raw.flushall();
        for (const owner of OWNERS) await raw.set(`test:node:${owner[0]!}`, '1');
        const memory = new MemoryStreamArchive(new VirtualClock(), limits);
        const nodes = OWNERS.map((owner) => [
          memory.as(owner),
          new RedisStreamArchive(store, { owner, background, limits }),
        ]);
        const birth = isCall ? CALL : { ...CALL, request: undefined, requestId: undefined };
        for (const one of steps) {
          const archives = nodes[one.node]!;
          const now = await both(archives, (archive) => archive.read(SESSION, CALL.stream, 3));
          const at = (where: number | 'last'): number => (where === 'last' ? (now?.last ?? 0) : where);
          if (one.do === 'claim')
            await both(archives, (archive) => archive.claim(SESSION, CALL.stream, now?.epoch ?? 1));
          else if (one.do === 'forget')
            await both(archives, (archive) => archive.forget(SESSION, CALL.stream, now?.epoch ?? 1));
          else {
            let seq = at(one.after);
            const events = one.events.map(({ gap, kind, size }) => logged((seq += gap + 1), kind, 'x'.repeat(size)));
            const epoch = one.epoch === 'newest' ? (now?.epoch ?? 1) : one.epoch;
            const append = appendOf(at(one.after), events, { birth, epoch, lostUpTo: at(one.lostUpTo) });
            await both(archives, (archive) => archive.append(append));
          }
          await both(archives, (archive) => archive.read(SESSION, CALL.stream, 0));
        }
      },
    );
    const details = await fc.check(property, { numRuns: 100 });
    await annotate(`seed ${String(details.seed)}`);
    expect(details.failed ? await fc.asyncDefaultReportMessage(details) : '').toBe('');
  }, 60_000);
});
