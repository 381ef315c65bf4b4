import { CacheMetrics, CacheStack, decodeEntry, encodeEntry, readMeta } from '@mcp-cluster/cache';
import { Background, systemClock, systemRng } from '@mcp-cluster/kernel';
import type { CacheKey, CachePolicy } from '@mcp-cluster/protocol';
import { openRedis, RedisBus, RedisCacheTier } from '@mcp-cluster/redis';
import { Registry } from '@mcp-cluster/telemetry';
import type { Contestant, OpenCache, Setup } from './contestant.ts';
import { TTL_MS, WORKS } from './plan.ts';
import { clusterKey } from './tool-key.ts';

const POLICY: CachePolicy = { ttlMs: TTL_MS, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };
/** Redis is on this machine. */
const START_PATIENCE_MS = 2_000;

/** As a node runs it, with its metrics: what is at hand is given at once, for all else there is a promise. */
export const ours: Contestant = {
  name: 'ours',
  title: 'libs/cache, as the dispatcher asks it',
  configured: 'CacheStack with CacheMetrics, RedisCacheTier and RedisBus; peek(), else board(); keys are always hashed',
  of: 'ours',
  works: WORKS,
  open: async (setup) => {
    const { stack, close } = await open(setup);
    return {
      key: clusterKey,
      ask: (key: CacheKey, load) => {
        const query = { key, policy: POLICY, load: keeping(load) };
        const found = stack.peek(query);
        return found === undefined ? answerOf(stack.board(query, {})) : found.value;
      },
      close,
    } satisfies OpenCache<CacheKey>;
  },
};

/** The same, asked as the peers are: there is a promise for each answer. */
export const oursPromised: Contestant = {
  ...ours,
  name: 'ours-promise',
  title: 'libs/cache, a promise for each answer',
  configured: 'the same, board() alone',
  works: ['hit', 'hit-hashed', 'hit-prepared'],
  open: async (setup) => {
    const { stack, close } = await open(setup);
    return {
      key: clusterKey,
      ask: (key: CacheKey, load) => answerOf(stack.board({ key, policy: POLICY, load: keeping(load) }, {})),
      close,
    } satisfies OpenCache<CacheKey>;
  },
};

async function answerOf({ entry }: { entry: Promise<{ value: unknown }> }): Promise<string> {
  return (await entry).value as string;
}

function keeping(load: () => Promise<string>) {
  return async () => ({ value: await load(), keep: true });
}

async function open({
  redisPort,
  l1Entries,
  process,
}: Setup): Promise<{ stack: CacheStack; close: () => Promise<void> }> {
  const background = new Background(failed);
  // What reads the bus ends with its connection; what the cache does behind its callers ends by itself.
  const connections = new Background(failed);
  const url = `redis://127.0.0.1:${String(redisPort)}`;
  const connect = (name: string) => ({ url, prefix: 'bench', name, clock: systemClock, background: connections });
  // As in a node: the cache has a connection of its own beside that of the state and of the bus.
  const store = openRedis(connect('state'));
  const shared = openRedis(connect('cache'));
  const bus = new RedisBus({ redis: connect('bus'), store });
  if (!(await store.answers(START_PATIENCE_MS)) || !(await shared.answers(START_PATIENCE_MS)))
    throw new Error('Redis does not answer');
  const stack = new CacheStack({
    clock: systemClock,
    rng: systemRng,
    background,
    bus,
    owner: `${process}/1`,
    observer: new CacheMetrics(new Registry(), ['l1', 'l2']),
    codec: { encode: encodeEntry, decode: decodeEntry, readMeta },
    memory: { entries: l1Entries },
    shared: new RedisCacheTier(shared),
  });
  return {
    stack,
    close: async () => {
      await background.drain();
      await bus.close();
      for (const connection of [store, shared]) connection.close();
    },
  };
}

function failed(name: string, error: Error): void {
  console.error(`${name} failed:`, error);
}
