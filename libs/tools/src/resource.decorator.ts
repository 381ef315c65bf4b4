import type { Completer, ResourceDefinition, ResourceReturn, ResourceTemplateDefinition } from '@mcp-cluster/protocol';
import { declare, type Declaration } from './declarations.js';
import type { ToolContext } from './tool-context.js';
import type { UriVariables } from './uri-variables.js';

export type ResourceOptions = Omit<ResourceDefinition, 'handler'> & { uriTemplate?: never };

export type ResourceTemplateOptions<T extends string> = Omit<
  ResourceTemplateDefinition,
  'handler' | 'uriTemplate' | 'complete'
> & {
  uriTemplate: T;
  uri?: never;
  /** Completion by variable name. */
  complete?: { [V in keyof UriVariables<T>]?: Completer };
};

type ResourceMethod = (uri: string, context: ToolContext) => ResourceReturn | Promise<ResourceReturn>;

type ResourceTemplateMethod<T extends string> = (
  variables: UriVariables<T>,
  context: ToolContext,
  uri: string,
) => ResourceReturn | Promise<ResourceReturn>;

type DecoratorOf<Method> = <M extends Method>(
  prototype: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

/**
 * Makes a method a resource: with `uri` one resource, `method(uri, context)`; with `uriTemplate` a family of
 * them, `method(variables, context, uri)` with the template's variables by name.
 */
export function Resource<const T extends string>(
  options: ResourceTemplateOptions<T>,
): DecoratorOf<ResourceTemplateMethod<T>>;
export function Resource(options: ResourceOptions): DecoratorOf<ResourceMethod>;
export function Resource(options: ResourceOptions | ResourceTemplateOptions<string>) {
  // A variable without a completer has no key, which the type of an optional key cannot say of an open set of names.
  const declaration: Declaration =
    options.uriTemplate === undefined
      ? { kind: 'resource', options }
      : { kind: 'resourceTemplate', options: options as Omit<ResourceTemplateDefinition, 'handler'> };
  return (prototype: object, method: string | symbol): void => {
    declare(prototype, method, declaration);
  };
}
