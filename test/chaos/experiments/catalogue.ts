import type { Experiment } from '../experiment.ts';
import { garbageNode, panic, retryStorm } from './bad-nodes.ts';
import { badRedis } from './bad-redis.ts';
import { cacheBadRedis } from './cache-bad-redis.ts';
import { cacheDamaged } from './cache-damaged.ts';
import { cacheDisk } from './cache-disk.ts';
import { cacheRedisLost } from './cache-redis-lost.ts';
import { cacheRedisSlow } from './cache-redis-slow.ts';
import { clockSkew } from './clock-skew.ts';
import { failpoints } from './failpoints.ts';
import { forgedPlaces } from './forged-places.ts';
import { gatewayKilled } from './gateway-killed.ts';
import { abandonedSessions, idleStreams } from './idle-load.ts';
import { nodeFrozen, nodeHalfOpen } from './node-hung.ts';
import { leaderAsleep, leaderKilled } from './leader.ts';
import { legacyNodeKilled, statelessNodeKilled } from './node-killed.ts';
import { managerWithoutRedis, nodeWithoutRedis } from './partitions.ts';
import { redisCost } from './redis-cost.ts';
import { redisHung, redisKilled } from './redis-lost.ts';
import { redisTailLost } from './redis-tail-lost.ts';
import { rollingRestart } from './rolling-restart.ts';
import { slowClients } from './slow-clients.ts';
import { stampede } from './stampede.ts';

/** In the order of the list in docs/reliability.md; bad input comes last. */
export const EXPERIMENTS: readonly Experiment[] = [
  legacyNodeKilled,
  statelessNodeKilled,
  failpoints,
  rollingRestart,
  nodeFrozen,
  nodeHalfOpen,
  redisKilled,
  redisHung,
  cacheRedisLost,
  cacheRedisSlow,
  cacheBadRedis,
  nodeWithoutRedis,
  managerWithoutRedis,
  leaderKilled,
  leaderAsleep,
  slowClients,
  idleStreams,
  stampede,
  cacheDamaged,
  cacheDisk,
  clockSkew,
  retryStorm,
  panic,
  gatewayKilled,
  redisTailLost,
  abandonedSessions,
  redisCost,
  garbageNode,
  forgedPlaces,
  ...badRedis,
];

/** What the list asks for and what cannot be measured yet. */
export const LEFT_TO_LATER: readonly { readonly id: string; readonly reason: string }[] = [
  {
    id: 'another principal',
    reason: 'whose session it is cannot be tried from outside before there is authentication',
  },
];
