import type {
  Completer,
  PromptDefinition,
  ResourceDefinition,
  ResourceTemplateDefinition,
  ToolDefinition,
} from '@mcp-cluster/protocol';
import { declarationsOf, type Class, type Declaration } from './declarations.js';

/** One definition, ready for the registry, and the place that declared it. */
export type CollectedDefinition = { /** `Class.method`, for errors. */ origin: string } & (
  | { kind: 'tool'; definition: ToolDefinition }
  | { kind: 'resource'; definition: ResourceDefinition }
  | { kind: 'resourceTemplate'; definition: ResourceTemplateDefinition }
  | { kind: 'prompt'; definition: PromptDefinition }
);

/**
 * The definitions that an object's decorated methods make, their handlers bound to the object. Whether names
 * and schemas are right is the registry's to say.
 */
export function collectDefinitions(instance: object): CollectedDefinition[] {
  const type = instance.constructor as Class;
  return [...declarationsOf(type)].map(([method, declaration]) => {
    const origin = `${type.name}.${method}`;
    const handler = (instance as Record<string, () => never>)[method];
    if (typeof handler !== 'function') throw new TypeError(`${origin} is declared but is not a method`);
    return { origin, ...bindHandler(declaration, handler.bind(instance), instance) };
  });
}

/** The decorators let only fitting methods through, which is why `never` is right for the handler here. */
function bindHandler(declaration: Declaration, handler: () => never, instance: object) {
  switch (declaration.kind) {
    case 'tool':
      return { kind: declaration.kind, definition: { ...declaration.options, handler } };
    case 'resource':
      return { kind: declaration.kind, definition: { ...declaration.options, handler } };
    case 'resourceTemplate':
      return { kind: declaration.kind, definition: { ...bindTemplate(declaration.options, instance), handler } };
    case 'prompt':
      return { kind: declaration.kind, definition: { ...declaration.options, handler } };
  }
}

/** The functions of a template's options may be written with `this`: the object has what they need, such as a folder. */
function bindTemplate<T extends Pick<ResourceTemplateDefinition, 'complete' | 'list'>>(
  options: T,
  instance: object,
): T {
  const complete =
    options.complete &&
    Object.fromEntries(
      Object.entries(options.complete).map(([name, completer]) => [name, completer.bind<Completer>(instance)]),
    );
  const list = options.list?.bind(instance);
  return { ...options, ...(complete && { complete }), ...(list && { list }) };
}
