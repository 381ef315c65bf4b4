import { asError, LocalError } from '@mcp-cluster/kernel';
import { Registry } from '@mcp-cluster/protocol';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { collectDefinitions, type CollectedDefinition } from '../collect-definitions.js';
import { isDecoratedClass, type Class } from '../declarations.js';
import type { FoundClass } from './tool-folder.js';

/** DI token of the classes that the tool folders gave. */
export const FOUND_CLASSES = Symbol('mcp-cluster.found-tool-classes');

/** Registers what the application's providers declare, from tool folders and from any other module, before it serves. */
@Injectable()
export class ToolRegistrar implements OnModuleInit {
  /** Which place declared a name first, for the message about the second. */
  private readonly origins = new Map<string, string>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly registry: Registry,
    @Inject(FOUND_CLASSES) private readonly found: readonly FoundClass[],
  ) {}

  /** @throws LocalError `tools.duplicate`, `tools.invalid`, `tools.scoped`: the file or class, and what is wrong */
  onModuleInit(): void {
    const files = new Map(this.found.map(({ type, file }) => [type, file]));
    for (const wrapper of this.discovery.getProviders()) {
      const type: unknown = wrapper.metatype;
      if (!isDecoratedClass(type) || wrapper.inject !== undefined) continue;
      if (!wrapper.isDependencyTreeStatic()) throw scoped(type);
      for (const collected of collectDefinitions(wrapper.instance as object)) {
        const file = files.get(type);
        this.register(collected, file === undefined ? collected.origin : `${file}: ${collected.origin}`);
      }
    }
  }

  private register(collected: CollectedDefinition, origin: string): void {
    const key = `${collected.kind} ${keyOf(collected)}`;
    const first = this.origins.get(key);
    if (first !== undefined)
      throw new LocalError('tools.duplicate', `${origin}: ${key} is declared by ${first} already`);
    this.origins.set(key, origin);
    try {
      this.add(collected);
    } catch (thrown) {
      throw new LocalError('tools.invalid', `${origin}: ${asError(thrown).message}`, { cause: thrown });
    }
  }

  private add(collected: CollectedDefinition): void {
    switch (collected.kind) {
      case 'tool':
        this.registry.tool(collected.definition);
        return;
      case 'resource':
        this.registry.resource(collected.definition);
        return;
      case 'resourceTemplate':
        this.registry.resourceTemplate(collected.definition);
        return;
      case 'prompt':
        this.registry.prompt(collected.definition);
    }
  }
}

function keyOf(collected: CollectedDefinition): string {
  if (collected.kind === 'resource') return collected.definition.uri;
  if (collected.kind === 'resourceTemplate') return collected.definition.uriTemplate;
  return collected.definition.name;
}

function scoped(type: Class): LocalError {
  return new LocalError(
    'tools.scoped',
    `${type.name}: a class with tools must be a singleton: what belongs to one call is in its context`,
  );
}
