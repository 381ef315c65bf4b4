import type { PromptArgumentDefinition, PromptDefinition, PromptReturn } from '@mcp-cluster/protocol';
import { declare } from './declarations.js';
import type { ToolContext } from './tool-context.js';

type ArgumentList = readonly PromptArgumentDefinition[];

/** The prompt's arguments by name: those that are `required: true` are always there. */
export type PromptArguments<A extends ArgumentList> = {
  readonly [D in A[number] as D extends { required: true } ? D['name'] : never]: string;
} & {
  readonly [D in A[number] as D extends { required: true } ? never : D['name']]?: string;
};

export type PromptOptions<A extends ArgumentList> = Omit<PromptDefinition, 'handler' | 'arguments'> & { arguments?: A };

type PromptMethod<A extends ArgumentList> = (
  args: PromptArguments<A>,
  context: ToolContext,
) => PromptReturn | Promise<PromptReturn>;

type PromptDecorator<A extends ArgumentList> = <M extends PromptMethod<A>>(
  prototype: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

/** Makes a method a prompt: `method(args, context)` with the declared arguments as strings. */
export function Prompt<const A extends ArgumentList = []>(options: PromptOptions<A>): PromptDecorator<A> {
  const { arguments: declared, ...rest } = options;
  const definition = declared === undefined ? rest : { ...rest, arguments: [...declared] };
  return (prototype: object, method: string | symbol): void => {
    declare(prototype, method, { kind: 'prompt', options: definition });
  };
}
