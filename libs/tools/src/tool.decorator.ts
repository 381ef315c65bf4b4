import type { ToolCache, ToolDefinition, ToolReturn, ValueSchema } from '@mcp-cluster/protocol';
import type { CallToolResult } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import { declare } from './declarations.js';
import type { ToolContext } from './tool-context.js';

/** A schema that zod did not write, with its own check. */
type ForeignSchema = Exclude<ValueSchema, z.ZodType>;

/** What a tool can take: an object. */
export type ToolInput = z.ZodObject | ForeignSchema;

/** The arguments as the method gets them: checked, defaults filled in. */
export type ToolArguments<I extends ToolInput> = I extends z.ZodType ? z.output<I> : Record<string, unknown>;

type StructuredValue<O extends ValueSchema> = O extends z.ZodType ? z.input<O> : Record<string, unknown>;

/** What the method returns: any `ToolReturn`, or, with an output schema, its value, alone or within a whole result, or a failure. */
export type ToolValue<O extends ValueSchema | undefined> = O extends ValueSchema
  ? StructuredValue<O> | (CallToolResult & ({ structuredContent: StructuredValue<O> } | { isError: true }))
  : ToolReturn;

type ToolMethod<I extends ToolInput, O extends ValueSchema | undefined> = (
  args: ToolArguments<I>,
  context: ToolContext,
) => ToolValue<O> | Promise<ToolValue<O>>;

export type ToolOptions<I extends ToolInput> = Omit<ToolDefinition, 'handler' | 'input' | 'output' | 'cache'> & {
  input: I;
  /** Results are kept and given to equal calls, on every node (docs/cache.md). */
  cache?: ToolCache<ToolArguments<I>>;
};

type ToolDecorator<I extends ToolInput, O extends ValueSchema | undefined> = <M extends ToolMethod<I, O>>(
  prototype: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

/**
 * Makes a method a tool: `method(args, context)` with the arguments that `input` describes. A method of
 * another signature does not compile. Names and descriptions are checked when the server starts.
 */
export function Tool<I extends ToolInput, O extends ValueSchema>(
  options: ToolOptions<I> & { output: O },
): ToolDecorator<I, O>;
export function Tool<I extends ToolInput>(options: ToolOptions<I> & { output?: never }): ToolDecorator<I, undefined>;
export function Tool(options: Omit<ToolDefinition, 'handler'>) {
  return (prototype: object, method: string | symbol): void => {
    declare(prototype, method, { kind: 'tool', options });
  };
}
