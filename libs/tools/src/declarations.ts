import type {
  PromptDefinition,
  ResourceDefinition,
  ResourceTemplateDefinition,
  ToolDefinition,
} from '@mcp-cluster/protocol';

/** What a decorator was told about one method: the definition without its handler. */
export type Declaration =
  | { kind: 'tool'; options: Omit<ToolDefinition, 'handler'> }
  | { kind: 'resource'; options: Omit<ResourceDefinition, 'handler'> }
  | { kind: 'resourceTemplate'; options: Omit<ResourceTemplateDefinition, 'handler'> }
  | { kind: 'prompt'; options: Omit<PromptDefinition, 'handler'> };

/** A class, whatever its constructor takes. */
export type Class = abstract new (...args: never[]) => object;

type Declared = Map<string, Declaration>;

/**
 * Kept on the prototype under a registered symbol, not in a module variable, so that a class decorated by
 * another copy of this package is still recognised.
 */
const DECLARATIONS = Symbol.for('mcp-cluster.tools.declarations');

type Decorated = object & { [DECLARATIONS]?: Declared };

/** Notes what the decorator of `method` was told. */
export function declare(prototype: object, method: string | symbol, declaration: Declaration): void {
  const decorated: Decorated = prototype;
  if (!Object.hasOwn(decorated, DECLARATIONS)) {
    Object.defineProperty(decorated, DECLARATIONS, { value: new Map(), enumerable: false });
  }
  decorated[DECLARATIONS]?.set(String(method), declaration);
}

/** The declarations of a class and of those it extends, base first; a method declared again counts once, as last declared. */
export function declarationsOf(type: Class): ReadonlyMap<string, Declaration> {
  const found: Declared = new Map();
  const chain: Decorated[] = [];
  for (let level: unknown = type.prototype; level instanceof Object; level = Object.getPrototypeOf(level)) {
    chain.unshift(level);
  }
  for (const level of chain) {
    if (!Object.hasOwn(level, DECLARATIONS)) continue;
    for (const [method, declaration] of level[DECLARATIONS] ?? []) found.set(method, declaration);
  }
  return found;
}

/** Whether a value is a class of which at least one method carries `@Tool`, `@Resource` or `@Prompt`. */
export function isDecoratedClass(value: unknown): value is Class {
  return (
    typeof value === 'function' &&
    (value.prototype as unknown) instanceof Object &&
    declarationsOf(value as Class).size > 0
  );
}
