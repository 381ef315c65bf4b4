import type { ExchangeContext, ToolDefinition, ToolReturn } from '@mcp-cluster/protocol';
import { z } from 'zod';

type Handler = (args: Record<string, unknown>, context: ExchangeContext) => ToolReturn | Promise<ToolReturn>;

/** A tool that takes any arguments, unless `more` says otherwise. */
export function testTool(name: string, handler: Handler, more: Partial<ToolDefinition> = {}): ToolDefinition {
  return { name, description: `The tool ${name} of a test.`, input: z.looseObject({}), handler, ...more };
}
