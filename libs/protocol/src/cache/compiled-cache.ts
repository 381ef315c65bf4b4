import { hash } from 'node:crypto';
import { LocalError } from '@mcp-cluster/kernel';
import type { CacheHint, ToolCache, ToolDefinition } from '../registry/definitions.js';
import { preview } from '../wire/errors.js';
import { KeySpace } from './cache-key.js';
import type { CachePolicy, CacheScope, CacheType } from './result-cache.js';

/** What a declaration comes to; made once. */
export interface CompiledCache {
  readonly policy: CachePolicy;
  readonly keys: KeySpace;
  readonly prefetchable: boolean;
  /** Of a tool: what of the arguments matters. */
  readonly keyOf: ((args: never) => unknown) | undefined;
}

/** P06: for how long, unless the author says otherwise. */
const TOOL_RESULT_MS = 5 * 60_000;
const RESOURCE_MS = 60 * 60_000;
/** Each is checked at every look-up. */
const MAX_TAGS = 10;

/**
 * @param listing what `tools/list` says of the tool: another schema makes other keys
 * @throws LocalError `bad_cache`: the tool, the field, what came and what was expected
 */
export function compileToolCache(definition: ToolDefinition, listing: string): CompiledCache | undefined {
  const { name, cache } = definition;
  if (cache === undefined) return undefined;
  const owner = `tool ${name}`;
  // A call that is answered from the cache does not run: it must not have been meant to change anything.
  if (definition.annotations?.readOnlyHint !== true)
    throw bad(owner, 'cache', 'annotations.readOnlyHint: true beside it', definition.annotations?.readOnlyHint);
  if (definition.requires !== undefined)
    throw bad(owner, 'cache', 'a tool that asks its client for nothing', { requires: definition.requires });
  if (definition.taskRequired === true) throw bad(owner, 'cache', 'a tool that does not run as a task', true);
  const declared = { ttlMs: TOOL_RESULT_MS, ...defined(cache) };
  return compile(owner, 'tool_result', name, declared, hash('sha256', listing, 'base64url'), cache);
}

/** What a resource's clients are told, and how it is kept here. */
export interface CompiledHint {
  readonly hint: { readonly ttlMs: number; readonly scope: CacheScope };
  /** Undefined where nothing may be kept. */
  readonly cache: CompiledCache | undefined;
}

/** @throws as `compileToolCache` */
export function compileResourceCache(owner: string, space: string, cache: CacheHint): CompiledHint {
  const declared = { ttlMs: RESOURCE_MS, prefetch: true, ...defined(cache) };
  const compiled = compile(owner, 'resource', space, declared, owner, declared);
  const { ttlMs, scope } = declared;
  return { hint: { ttlMs, scope }, cache: ttlMs === 0 ? undefined : compiled };
}

function compile(
  owner: string,
  type: CacheType,
  space: string,
  hint: CacheHint & { ttlMs: number },
  version: string,
  { prefetch = false, key }: Pick<ToolCache, 'prefetch' | 'key'>,
): CompiledCache {
  const { scope, tags = [], staleWhileRevalidateMs = 0, staleIfErrorMs = 0 } = hint;
  for (const [field, ms] of Object.entries({ ttlMs: hint.ttlMs, staleWhileRevalidateMs, staleIfErrorMs }))
    if (!Number.isSafeInteger(ms) || ms < 0) throw bad(owner, `cache.${field}`, 'an integer of at least 0', ms);
  if (!['public', 'private'].includes(scope)) throw bad(owner, 'cache.scope', 'public or private', scope);
  if (tags.length > MAX_TAGS || tags.some((tag) => tag === ''))
    throw bad(owner, 'cache.tags', `at most ${String(MAX_TAGS)} texts, none of them empty`, tags);
  const policy = { ttlMs: hint.ttlMs, staleWhileRevalidateMs, staleIfErrorMs };
  // Entries of another declaration are others: those of a release before had other times, and other tags to be forgotten by.
  const declared = JSON.stringify([version, hint.version, policy, tags.toSorted()]);
  return {
    policy,
    keys: new KeySpace(type, space, scope, declared, tags),
    prefetchable: prefetch,
    keyOf: key,
  };
}

/** Without the members that say undefined: they would hide defaults. */
function defined<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
}

function bad(owner: string, field: string, expected: string, got: unknown): LocalError {
  return new LocalError('bad_cache', `${owner}: ${field}: expected ${expected}, got ${preview(got)}`);
}
