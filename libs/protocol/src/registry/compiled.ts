import { LocalError } from '@mcp-cluster/kernel';
import { UriTemplate } from '@modelcontextprotocol/server';
import { DEFAULT_PROGRESS_INTERVAL_MS } from '../exchange/progress.js';
import { preview } from '../wire/errors.js';
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
  /** What `tools/list` says of it, as JSON. */
  readonly listing: string;
}

export interface CompiledResource {
  readonly definition: ResourceDefinition;
  readonly cache: CacheHint;
  readonly listing: string;
}

export interface CompiledTemplate {
  readonly definition: ResourceTemplateDefinition;
  readonly cache: CacheHint;
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
    listing: JSON.stringify({ name, title, description, inputSchema, outputSchema, annotations, icons }),
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
    cache: readCache(definition.uri, definition.cache),
    listing: JSON.stringify({ uri, name, title, description, mimeType, size, icons }),
  };
}

export function compileTemplate(definition: ResourceTemplateDefinition): CompiledTemplate {
  requireDescription('resource template', definition.uriTemplate, definition.description);
  const { uriTemplate, name, title, description, mimeType, icons } = definition;
  return {
    definition,
    cache: readCache(uriTemplate, definition.cache),
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

function readCache(owner: string, cache: CacheHint = UNCACHED): CacheHint {
  if (!Number.isInteger(cache.ttlMs) || cache.ttlMs < 0)
    throw new LocalError(
      'bad_cache',
      `${owner}: cache.ttlMs: expected an integer of at least 0, got ${String(cache.ttlMs)}`,
    );
  return cache;
}
