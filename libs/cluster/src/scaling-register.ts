import { asError, LocalError } from '@mcp-cluster/kernel';
import { z } from 'zod';

/** What was written last, and in which term. */
export interface RegisteredValue {
  /** Fencing token of the leader that wrote it. */
  readonly token: number;
  readonly json: string;
}

/**
 * One value that leaders write and everybody reads. A write whose token is lower than one that was seen before is
 * refused: a leader that slept through the end of its term changes nothing (reliability.md, experiment 12).
 * Each call rejects with LocalError `store_unavailable` when the store cannot be reached.
 */
export interface FencedRegister {
  /** @returns false when the token is too old; then nothing was written */
  write(token: number, json: string): Promise<boolean>;
  read(): Promise<RegisteredValue | undefined>;
}

/** Of the first value, which nobody decided: every leader's token is higher. */
export const SEED_TOKEN = 0;

/** A thousand: no mistake in the register starts more. */
const registeredSize = z.object({ nodes: z.int().min(1).max(1_000) });

/** The number of nodes as it stands in the register. */
export function writeSize(nodes: number): string {
  return JSON.stringify({ nodes });
}

/**
 * @returns undefined when nothing is registered
 * @throws LocalError `size_unknown` when what is registered is no size
 */
export function readSize(value: RegisteredValue | undefined): number | undefined {
  if (value === undefined) return undefined;
  try {
    return registeredSize.parse(JSON.parse(value.json)).nodes;
  } catch (thrown) {
    const cause = asError(thrown);
    throw new LocalError('size_unknown', `the register holds no size: ${cause.message}`, { cause });
  }
}
