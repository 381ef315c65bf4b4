/** What is done with every cache, the same for each. */
export const WORKS = ['hit', 'hit-hashed', 'hit-prepared', 'l2', 'miss', 'stampede', 'cluster'] as const;
export type WorkName = (typeof WORKS)[number];

/** Bytes of the kept text: a short answer, a usual one, and a long list. */
export const SIZES = [200, 2_000, 50_000] as const;

/** How large the answers of a work are; where the size says nothing the usual one is enough. */
export function sizesOf(work: WorkName): readonly number[] {
  return work === 'hit' || work === 'l2' || work === 'miss' ? SIZES : [2_000];
}

/** Different questions that are asked in turn: they fit into the first level (P06: 1,000 entries), and its look-ups are no repeats. */
export const QUESTIONS = 500;
/** Entries of the first level, unless a work keeps everything out of it. */
export const L1_ENTRIES = 1_000;
/** As long as P06 keeps a tool result. */
export const TTL_MS = 300_000;
/** Questions that wait at the same time where a network is in between. */
export const IN_FLIGHT = 32;
/** Callers of a stampede, in one process or over all of them. */
export const CALLERS = 1_000;
/** What a load of a stampede takes: long enough for every caller to arrive before it ends. */
export const LOAD_MS = 50;
/** Processes of the stampede that goes over several. */
export const PROCESSES = 3;

/** What one process is started for. */
export interface Task {
  contestant: string;
  work: WorkName;
  /** Bytes of an answer. */
  size: number;
  redisPort: number;
  /** Time over which a hit is measured, after a third of it unmeasured. */
  milliseconds: number;
  /** Questions of the work `miss`: as many for each, since what is kept takes memory. */
  misses: number;
  /** Stampedes, each of another key. */
  rounds: number;
}

/** What a process found; a part that its work does not have is missing. */
export interface Found {
  perSecond: number;
  /** CPU of the process for one question, all threads, in microseconds. */
  cpuMicros: number;
  /** Loads where none or one was to be expected: of all questions, or the most of one stampede. */
  loads: number;
  /** Of one question alone, where a network is in between. */
  p50Micros?: number;
  p99Micros?: number;
  redis?: RedisUse;
  /** Of a stampede: from the first question to the last answer, with the load in it. */
  stampedeMs?: number;
}

/** A run that did other work than it was to do: what a cache leaves alone while the machine is too busy shows in no time. */
export interface Disturbed {
  disturbed: string;
}

/** What one question costs Redis. */
export interface RedisUse {
  /** Bytes to and from Redis, with the protocol's own. */
  bytesIn: number;
  bytesOut: number;
  cpuMicros: number;
  /** Bytes of memory that one more entry takes; only where entries were added. */
  memory?: number;
}
