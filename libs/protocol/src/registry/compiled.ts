import { LocalError } from '@mcp-cluster/kernel';
import { UriTemplate } from '@modelcontextprotocol/server';
import { DEFAULT_PROGRESS_INTERVAL_MS } from '../exchange/progress.js';
import { preview } from '../wire/errors.js';
import { CACHE_META_KEY } from '../cache/cache-meta.js';
import {
  compileResourceCache,
  compileToolCache,
  type CompiledCache,
  type CompiledHint,
} from '../cache/compiled-cache.js';
import type {
  CacheHint,
  PromptDefinition,
  ResourceDefinition,
  ResourceTemplateDefinition,
  ToolDefinition,
} from './definitions.js';
import { compileParamHeaders, type ParamHeader } from './param-headers.js';
import { compileCheck, compileJsonSchema, type Check } from './schema.js';

/**
 * A tool with everything that depends on its definition alone: nothing of it is made per request. Every tool has
 * the same members in the same order, so that the hot path meets one object shape however tools are written.
 */
export interface CompiledTool {
  readonly name: string;
  readonly handler: ToolDefinition['handler'];
  readonly requires: ToolDefinition['requires'];
  readonly taskRequired: boolean;
  /** By its annotations a second run does no harm: it is read-only or idempotent. */
  readonly repeatable: boolean;
  readonly progressIntervalMs: number;
  readonly check: Check;
  readonly checkOutput: Check | undefined;
  readonly paramHeaders: readonly ParamHeader[];
  /** How its results are kept; undefined for not at all. */
  readonly cache: CompiledCache | undefined;
  /** What `tools/list` says of it, as JSON. */
  readonly listing: string;
}

export interface CompiledResource extends CompiledHint {
  readonly definition: ResourceDefinition;
  readonly listing: string;
}

export interface CompiledTemplate extends CompiledHint {
  readonly definition: ResourceTemplateDefinition;
  readonly template: UriTemplate;
  readonly listing: string;
}

export interface CompiledPrompt {
  readonly definition: PromptDefinition;
  readonly listing: string;
}

/** Specification, "Tool Names": 1–64 of these, so that a name is also a safe header value. */
const NAME = /^[A-Za-z0-9_./-]{1,64}$/;

/** Without a declaration nothing may be kept: what a resource holds is its author's business. */
const UNCACHED: CacheHint = { ttlMs: 0, scope: 'private' };

export function compileTool(definition: ToolDefinition): CompiledTool {
  requireName('tool', definition.name);
  requireDescription('tool', definition.name, definition.description);
  const owner = `tool ${definition.name}`;
  const inputSchema = compileJsonSchema(definition.input, 'input', owner);
  const outputSchema = definition.output && compileJsonSchema(definition.output, 'output', owner);
  const { name, title, description, annotations, icons } = definition;
  const shown = { name, title, description, inputSchema, outputSchema, annotations, icons };
  const cache = compileToolCache(definition, JSON.stringify(shown));
  const kept = cache && { [CACHE_META_KEY]: { ttlMs: cache.policy.ttlMs, scope: cache.keys.scope } };
  return {
    name,
    handler: definition.handler,
    requires: definition.requires,
    taskRequired: definition.taskRequired ?? false,
    repeatable: annotations?.readOnlyHint === true || annotations?.idempotentHint === true,
    progressIntervalMs: definition.progressIntervalMs ?? DEFAULT_PROGRESS_INTERVAL_MS,
    check: compileCheck(definition.input),
    checkOutput: definition.output && compileCheck(definition.output),
    paramHeaders: compileParamHeaders(inputSchema, name),
    cache,
    listing: JSON.stringify({ ...shown, ...(kept && { _meta: kept }) }),
  };
}

export function compileResource(definition: ResourceDefinition): CompiledResource {
  requireDescription('resource', definition.uri, definition.description);
  if (!URL.canParse(definition.uri))
    throw new LocalError(
      'bad_uri',
      `resource ${definition.name}: uri: expected an absolute URI, got ${preview(definition.uri)}`,
    );
  const { uri, name, title, description, mimeType, size, icons } = definition;
  return {
    definition,
    ...compileResourceCache(definition.uri, name, definition.cache ?? UNCACHED),
    listing: JSON.stringify({ uri, name, title, description, mimeType, size, icons }),
  };
}

export function compileTemplate(definition: ResourceTemplateDefinition): CompiledTemplate {
  requireDescription('resource template', definition.uriTemplate, definition.description);
  const { uriTemplate, name, title, description, mimeType, icons } = definition;
  return {
    definition,
    ...compileResourceCache(uriTemplate, name, definition.cache ?? UNCACHED),
    template: new UriTemplate(uriTemplate),
    listing: JSON.stringify({ uriTemplate, name, title, description, mimeType, icons }),
  };
}

export function compilePrompt(definition: PromptDefinition): CompiledPrompt {
  requireName('prompt', definition.name);
  requireDescription('prompt', definition.name, definition.description);
  const { name, title, description, icons } = definition;
  const args = definition.arguments?.map((argument) => ({
    name: argument.name,
    description: argument.description,
    required: argument.required,
  }));
  return { definition, listing: JSON.stringify({ name, title, description, arguments: args, icons }) };
}

function requireName(kind: string, name: string): void {
  if (!NAME.test(name))
    throw new LocalError('bad_name', `${kind} name: expected 1–64 of A–Z a–z 0–9 _ . / -, got ${preview(name)}`);
}

function requireDescription(kind: string, name: string, description: string): void {
  if (description.trim() === '')
    throw new LocalError('no_description', `${kind} ${name}: description: expected a text, got an empty one`);
}
