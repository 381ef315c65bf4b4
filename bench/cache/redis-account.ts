import { redisCommands } from '@mcp-cluster/testkit/redis';
import type { RedisUse } from './plan.ts';

/** What Redis counts of itself. */
export interface RedisCount {
  bytesIn: number;
  bytesOut: number;
  cpuMicros: number;
  memory: number;
  entries: number;
}

export async function countRedis(port: number): Promise<RedisCount> {
  const info = await redisCommands({ port }, 'INFO everything');
  const value = (name: string): number => Number(new RegExp(`^${name}:([0-9.]+)`, 'm').exec(info)?.[1] ?? Number.NaN);
  return {
    bytesIn: value('total_net_input_bytes'),
    bytesOut: value('total_net_output_bytes'),
    cpuMicros: (value('used_cpu_user') + value('used_cpu_sys')) * 1e6,
    memory: value('used_memory'),
    entries: Number(/^db0:keys=(\d+)/m.exec(info)?.[1] ?? 0),
  };
}

/** @param added entries that were added meanwhile */
export function redisUse(before: RedisCount, after: RedisCount, questions: number, added = 0): RedisUse {
  const of = (name: 'bytesIn' | 'bytesOut' | 'cpuMicros'): number => (after[name] - before[name]) / questions;
  const use = { bytesIn: of('bytesIn'), bytesOut: of('bytesOut'), cpuMicros: of('cpuMicros') };
  return added === 0 ? use : { ...use, memory: (after.memory - before.memory) / added };
}
