/**
 * 91 more tools for a node, a hundred with its own nine: their number must not cost a call anything. Plain
 * JavaScript, so that the measured node does not also carry Node's TypeScript loader; hence the decorator is
 * applied by hand.
 */
import { Tool } from '@mcp-cluster/tools';
import { z } from 'zod';

const PADDING_TOOLS = 91;

/** As typed as real tools are: a few fields of several kinds, with bounds and descriptions. */
function inputOf(number) {
  return z.object({
    query: z
      .string()
      .min(1)
      .max(1000)
      .describe(`What number ${String(number)} looks for.`),
    limit: z.int().min(1).max(500).default(20).describe('Most results to give.'),
    order: z.enum(['newest', 'oldest', 'best']).default('best').describe('Order of the results.'),
    tags: z.array(z.string()).max(10).optional().describe('Only results with all of these.'),
  });
}

export class PaddingTools {}

for (let number = 1; number <= PADDING_TOOLS; number += 1) {
  const method = `search${String(number)}`;
  const descriptor = {
    value: ({ query, limit, order }) => `${method}: ${query}, ${String(limit)} ${order} results`,
    configurable: true,
  };
  Object.defineProperty(PaddingTools.prototype, method, descriptor);
  const decorate = Tool({
    name: `search_${String(number)}`,
    description: `Searches collection ${String(number)} and says what it was asked for.`,
    input: inputOf(number),
    annotations: { readOnlyHint: true },
  });
  decorate(PaddingTools.prototype, method, descriptor);
}
