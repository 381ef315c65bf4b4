import { sleep } from '@mcp-cluster/kernel';
import {
  IDEMPOTENCY_KEY,
  MemoryLedger,
  type ExchangeContext,
  type Ledger,
  type Params,
  type ToolReturn,
} from '@mcp-cluster/protocol';
import { z } from 'zod';
import { VirtualClock } from '../virtual-clock.js';
import { resultOf } from './task-node.js';
import { TestNode, type Sent, type StatelessOptions } from './test-node.js';
import { testTool } from './test-tool.js';

type Handler = (context: ExchangeContext, clock: VirtualClock) => ToolReturn | Promise<ToolReturn>;

/** Nodes that share a ledger, with the tools `write`, `read` (read-only) and `strict`, which count how often they begin. */
export class KeyedCluster {
  readonly clock = new VirtualClock();
  /** Owners that hold their lease. */
  readonly leases = new Set<string>();
  readonly ledger = new MemoryLedger(this.clock);
  runs = 0;
  private seeds = 0;

  /** @param handler of all three tools; the default says which run it is */
  constructor(private readonly handler: Handler = () => `run ${String(this.runs)}`) {}

  /** One whose tools report `half` and take a second. */
  static slow(): KeyedCluster {
    return new KeyedCluster(async (context, clock) => {
      context.progress(1, 2, 'half');
      await sleep(clock, 1_000, context.signal);
      return 'done';
    });
  }

  /** The ledger as a node sees it. */
  view(owner: string): MemoryLedger {
    return this.ledger.as({ owner, alive: (other) => this.leases.has(other) });
  }

  /** A node, which holds its lease from now on. */
  node(owner: string, ledger: Ledger = this.view(owner)): TestNode {
    this.leases.add(owner);
    const node = new TestNode({ nodeId: owner, clock: this.clock, ledger, seed: (this.seeds += 1) });
    const run = (_args: unknown, context: ExchangeContext): ToolReturn | Promise<ToolReturn> => {
      this.runs += 1;
      return this.handler(context, this.clock);
    };
    node.registry.tool(testTool('write', run));
    node.registry.tool(testTool('read', run, { annotations: { readOnlyHint: true } }));
    node.registry.tool({ ...testTool('strict', run), input: z.object({ n: z.int() }) });
    return node;
  }
}

/** The params of a call with an idempotency key. */
export function keyedParams(name: string, key: unknown, args: Params = {}, more: Params = {}): Params {
  return { name, arguments: args, _meta: { [IDEMPOTENCY_KEY]: key, progressToken: 'p' }, ...more };
}

/** Makes a call, and lets happen what needs no time. */
export async function keyedCall(
  node: TestNode,
  name = 'write',
  key: unknown = 'key',
  args: Params = {},
  options: StatelessOptions = {},
): Promise<Sent> {
  const sent = node.stateless('tools/call', keyedParams(name, key, args), options);
  for (let turn = 0; turn < 3; turn += 1) await node.clock.advance(0);
  return sent;
}

/** The text of a tool's result. */
export function textOf(sent: Sent): unknown {
  return (resultOf(sent)['content'] as { text: string }[])[0]?.text;
}
