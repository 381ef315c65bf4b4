import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/** Where Linux shows a container its processor limit: cgroup v2 in one file, v1 in two. */
const CPU_MAX = '/sys/fs/cgroup/cpu.max';
const CPU_QUOTA = '/sys/fs/cgroup/cpu/cpu.cfs_quota_us';
const CPU_PERIOD = '/sys/fs/cgroup/cpu/cpu.cfs_period_us';

/** Tells the text of a file, undefined when there is none; tests bring their own. */
export type ReadText = (path: string) => string | undefined;

/**
 * Cores that this process can keep busy: one, because JavaScript runs on one thread, or its container's limit where
 * that is less. Without the latter a node that may use half a core would be full at 50 %.
 */
export function usableCores(read: ReadText = readText): number {
  const [quota = '', period = ''] = (read(CPU_MAX) ?? `${read(CPU_QUOTA) ?? ''} ${read(CPU_PERIOD) ?? ''}`)
    .trim()
    .split(/\s+/);
  const cores = Number(quota) / Number(period);
  // `max`, -1 and what cannot be read mean that there is no limit.
  return cores > 0 && cores < 1 ? cores : 1;
}

/** What bounds the memory of a process, bytes. */
export interface MemoryBounds {
  /** Of the container; 0 or more than the machine has: none. */
  readonly container: number;
  readonly machine: number;
  readonly heap: number;
}

/** @returns percent of the nearest limit: the container's for all memory, V8's for the heap */
export function memoryPercent({ rss, heapUsed }: { rss: number; heapUsed: number }, bounds: MemoryBounds): number {
  const { container, machine, heap } = bounds;
  const limited = container > 0 && container < machine;
  return 100 * Math.max(limited ? rss / container : 0, heap > 0 ? heapUsed / heap : 0);
}

/** The bounds of this process. They do not change while it runs. */
export function memoryBounds(): MemoryBounds {
  return {
    container: process.constrainedMemory(),
    machine: totalmem(),
    heap: getHeapStatistics().heap_size_limit,
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not Linux, or no such controller.
    return undefined;
  }
}
