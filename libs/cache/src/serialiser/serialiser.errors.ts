import { LocalError } from '@mcp-cluster/kernel';

/** `cache_corrupt`: bytes that nothing of ours wrote, or that were damaged since. */
export function corrupt(what: string, cause?: unknown): LocalError {
  return new LocalError('cache_corrupt', `cache: ${what}`, { cause });
}

/** `cache_unserialisable`: a value that no format carries so that it comes back as it was, or that is too large. */
export function unserialisable(why: string): LocalError {
  return new LocalError('cache_unserialisable', `cache: a value that cannot be written: ${why}`);
}
