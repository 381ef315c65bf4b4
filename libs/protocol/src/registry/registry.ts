import { LocalError } from '@mcp-cluster/kernel';
import {
  compilePrompt,
  compileResource,
  compileTemplate,
  compileTool,
  type CompiledPrompt,
  type CompiledResource,
  type CompiledTemplate,
  type CompiledTool,
} from './compiled.js';
import type { Cursor } from './cursor.js';
import { cutPage, sortListed, type Entry } from './pages.js';
import type {
  PromptDefinition,
  ResourceDefinition,
  ResourceTemplateDefinition,
  ToolDefinition,
} from './definitions.js';

/** The lists that a server gives, and the name of the array in each answer. */
export type Listing = 'tools' | 'prompts' | 'resources' | 'resourceTemplates';

/** A resource that a URI leads to. */
export type Located =
  | { readonly kind: 'resource'; readonly resource: CompiledResource }
  | { readonly kind: 'template'; readonly resource: CompiledTemplate; readonly variables: Record<string, string> };

/**
 * Everything that this server offers. Definitions are compiled when they are registered, and the bytes of
 * each list once after the last change: a `tools/list` costs the same with 3 tools and with 100.
 */
export class Registry {
  private readonly tools = new Map<string, CompiledTool>();
  private readonly resources = new Map<string, CompiledResource>();
  private readonly templates = new Map<string, CompiledTemplate>();
  private readonly prompts = new Map<string, CompiledPrompt>();
  private readonly firstPages = new Map<Listing, string>();
  private readonly listers: NonNullable<ResourceTemplateDefinition['list']>[] = [];

  /** @throws LocalError `duplicate`, or what is wrong with the definition */
  tool(definition: ToolDefinition): void {
    this.add('tools', this.tools, definition.name, compileTool(definition));
  }

  resource(definition: ResourceDefinition): void {
    this.add('resources', this.resources, definition.uri, compileResource(definition));
  }

  resourceTemplate(definition: ResourceTemplateDefinition): void {
    this.add('resourceTemplates', this.templates, definition.uriTemplate, compileTemplate(definition));
    if (definition.list !== undefined) this.listers.push(definition.list);
  }

  prompt(definition: PromptDefinition): void {
    this.add('prompts', this.prompts, definition.name, compilePrompt(definition));
  }

  findTool(name: string): CompiledTool | undefined {
    return this.tools.get(name);
  }

  findPrompt(name: string): CompiledPrompt | undefined {
    return this.prompts.get(name);
  }

  findTemplate(uriTemplate: string): CompiledTemplate | undefined {
    return this.templates.get(uriTemplate);
  }

  /** The resource at a URI: an exact one first, then templates in the order of their registration. */
  locate(uri: string): Located | undefined {
    const resource = this.resources.get(uri);
    if (resource !== undefined) return { kind: 'resource', resource };
    for (const template of this.templates.values()) {
      const match = template.template.match(uri);
      if (match === null) continue;
      const variables = Object.fromEntries(
        Object.entries(match).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
      );
      return { kind: 'template', resource: template, variables };
    }
    return undefined;
  }

  /** Whether templates list resources, so that the list changes without a registration. */
  get listsResources(): boolean {
    return this.listers.length > 0;
  }

  /** The names of all tools, for closed metric labels. */
  get toolNames(): string[] {
    return [...this.tools.keys()];
  }

  /**
   * One page of a list as the inside of a result, `"tools":[…]`, in the order of registration (2026-07-28:
   * deterministic). A promise only where templates list their resources.
   * @throws WireError -32602 for a place that has gone
   */
  page(kind: Listing, after: Cursor | undefined): string | Promise<string> {
    if (kind === 'resources' && this.listers.length > 0) return this.resourcePage(after);
    if (after !== undefined) return cutPage(kind, this.entriesOf(kind), undefined, after);
    let first = this.firstPages.get(kind);
    if (first === undefined) {
      first = cutPage(kind, this.entriesOf(kind), undefined, undefined);
      this.firstPages.set(kind, first);
    }
    return first;
  }

  private async resourcePage(after: Cursor | undefined): Promise<string> {
    const listed = await Promise.all(this.listers.map(async (list) => list()));
    const sorted = sortListed(listed, (uri) => this.resources.has(uri));
    return cutPage('resources', this.entriesOf('resources'), sorted, after);
  }

  private entriesOf(kind: Listing): Entry[] {
    const entries = {
      tools: this.tools,
      prompts: this.prompts,
      resources: this.resources,
      resourceTemplates: this.templates,
    };
    return [...entries[kind]].map(([key, { listing }]) => ({ key, listing }));
  }

  private add<T>(kind: Listing, entries: Map<string, T>, key: string, compiled: T): void {
    if (entries.has(key)) throw new LocalError('duplicate', `${kind}: ${key} is registered already`);
    entries.set(key, compiled);
    this.firstPages.delete(kind);
  }
}
