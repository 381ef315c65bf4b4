import type {
  CallToolResult,
  GetPromptResult,
  ReadResourceResult,
  ToolAnnotations,
  ClientCapabilities,
  Icon,
} from '@modelcontextprotocol/server';
import type { z } from 'zod';
import type { ExchangeContext } from '../exchange/context.js';

/** A JSON Schema as it goes over the wire, dialect 2020-12. */
export type JsonSchema = Record<string, unknown> & { type: 'object' };

/** Checks a value against a schema that zod did not write: the value as accepted, or what is wrong with it. */
export type JsonSchemaCheck = (value: unknown) => { ok: true; value: unknown } | { ok: false; issues: string[] };

/**
 * What a tool accepts or gives: a zod object, or a JSON Schema with its own check (for tools whose
 * schema comes from elsewhere).
 */
export type ValueSchema = z.ZodType | { jsonSchema: JsonSchema; check: JsonSchemaCheck };

/** How long, for whom and by what a result is kept: by the cluster, and by clients (2026-07-28 `ttlMs`, `cacheScope`). */
export interface CacheHint {
  /** Milliseconds, 0 or more; 0 means stale at once: nothing is kept. Default (P06): resources 1 h, tools 5 minutes. */
  ttlMs?: number;
  /**
   * `public`: the same for everybody; the handler is not told who asks. `private`: each principal has his own, and for
   * callers who have not said who they are nothing is kept.
   */
  scope: 'public' | 'private';
  /** Names by which entries can be invalidated, besides the tool's or resource's own; at most 10. */
  tags?: readonly string[];
  /** Another one after a change of the code that changes what the same arguments give. Default `''`. */
  version?: string;
  /** Milliseconds beyond `ttlMs` in which an old result is served at once while a new one is made. Default 0. */
  staleWhileRevalidateMs?: number;
  /** Milliseconds beyond `ttlMs` in which an old result is served when making a new one fails. Default 0. */
  staleIfErrorMs?: number;
  /** The cluster may run it ahead of time when it is likely to be asked for (P07). Default: resources yes, tools no. */
  prefetch?: boolean;
}

/** What a tool says of its results. Only for tools that change nothing. */
export interface ToolCache<A = never> extends CacheHint {
  /**
   * What of the checked arguments the result depends on; undefined for a call whose result must not be kept.
   * Default: all of them.
   */
  key?: (args: A) => unknown;
}

/** What a tool's handler may return: text, a whole result, or, with an output schema, the structured value. */
export type ToolReturn = string | CallToolResult | Record<string, unknown>;

export interface ToolDefinition {
  /** 1–64 characters of `[A-Za-z0-9_./-]`; unique in the registry. */
  name: string;
  title?: string;
  /** What it does, for a model to choose by. Not empty. */
  description: string;
  input: ValueSchema;
  /** With one, the handler returns this value; it is checked and sent as `structuredContent` and as text. */
  output?: ValueSchema;
  annotations?: ToolAnnotations;
  icons?: Icon[];
  /** Client capabilities without which the tool cannot run: a call without them is refused before it starts. */
  requires?: (keyof ClientCapabilities)[];
  /** Milliseconds between two progress notifications; default 200 (S05). 0 sends each. */
  progressIntervalMs?: number;
  /**
   * The tool answers with a task only (`context.detach()` is called before its work): a client that does not know
   * the tasks extension of 2026-07-28 is refused before the handler runs (-32021).
   */
  taskRequired?: boolean;
  /** Results are kept and given to equal calls, on every node. Not for a tool that asks its user or becomes a task. */
  cache?: ToolCache;
  handler: (args: never, context: ExchangeContext) => ToolReturn | Promise<ToolReturn>;
}

interface ResourceBase {
  name: string;
  title?: string;
  description: string;
  mimeType?: string;
  icons?: Icon[];
  /** Default: `{ ttlMs: 0, scope: 'private' }`. */
  cache?: CacheHint;
}

/** What a resource's handler may return: text (of the declared MIME type) or the whole result. */
export type ResourceReturn = string | ReadResourceResult;

export interface ResourceDefinition extends ResourceBase {
  uri: string;
  size?: number;
  handler: (uri: string, context: ExchangeContext) => ResourceReturn | Promise<ResourceReturn>;
}

/** Gives values that begin with what was typed so far; at most 100 are sent. */
export type Completer = (value: string, others: Readonly<Record<string, string>>) => string[] | Promise<string[]>;

/** One resource of a template, as `resources/list` shows it. */
export interface ListedResource {
  uri: string;
  name: string;
  title?: string;
  description?: string;
  mimeType?: string;
  size?: number;
}

export interface ResourceTemplateDefinition extends ResourceBase {
  /** RFC 6570, for example `logs://{filename}`. */
  uriTemplate: string;
  complete?: Record<string, Completer>;
  /**
   * The resources of this template that exist now, for `resources/list`, in any order. Called for each page, so it
   * must be cheap; at most 10,000.
   */
  list?: () => ListedResource[] | Promise<ListedResource[]>;
  handler: (
    variables: Readonly<Record<string, string>>,
    context: ExchangeContext,
    uri: string,
  ) => ResourceReturn | Promise<ResourceReturn>;
}

export interface PromptArgumentDefinition {
  name: string;
  description?: string;
  required?: boolean;
  complete?: Completer;
}

/** What a prompt's handler may return: one user message's text, or the whole result. */
export type PromptReturn = string | GetPromptResult;

export interface PromptDefinition {
  name: string;
  title?: string;
  description: string;
  arguments?: PromptArgumentDefinition[];
  icons?: Icon[];
  handler: (args: Readonly<Record<string, string>>, context: ExchangeContext) => PromptReturn | Promise<PromptReturn>;
}
