import { sleep, type Clock } from '@mcp-cluster/kernel';
import { TASKS_EXTENSION, type ExchangeContext, type Params } from '@mcp-cluster/protocol';
import { TestNode, type Sent, type StatelessOptions, type TestNodeOptions } from './test-node.js';
import { testTool } from './test-tool.js';

/** A client that knows tasks and can be asked. */
export const KNOWS_TASKS: StatelessOptions = {
  capabilities: { elicitation: {}, extensions: { [TASKS_EXTENSION]: {} } },
};

type Handler = (args: Record<string, unknown>, context: ExchangeContext, clock: Clock) => Promise<string>;

/** A node whose one tool is `work`, and a client that knows tasks. */
export class TaskNode extends TestNode {
  constructor(handler: Handler = tenSeconds, options: TestNodeOptions = {}) {
    super(options);
    const { clock } = this;
    this.registry.tool(testTool('work', (args, context) => handler(args, context, clock)));
  }

  async ask(method: string, params: Params, options: StatelessOptions = KNOWS_TASKS): Promise<Sent> {
    const sent = this.stateless(method, params, options);
    await this.clock.advance(0);
    return sent;
  }

  call(options: StatelessOptions = KNOWS_TASKS, args: Params = {}): Promise<Sent> {
    return this.ask('tools/call', { name: 'work', arguments: args }, options);
  }

  /** Begins a task and gives its id. */
  async begin(args: Params = {}): Promise<string> {
    return resultOf(await this.call(KNOWS_TASKS, args))['taskId'] as string;
  }

  /** What `tasks/get` answers. */
  async get(taskId: string): Promise<Record<string, unknown>> {
    return resultOf(await this.ask('tasks/get', { taskId }));
  }
}

/** Detaches, works for ten seconds, and says `done`. */
async function tenSeconds(_args: unknown, context: ExchangeContext, clock: Clock): Promise<string> {
  await context.detach('working on it');
  await sleep(clock, 10_000, context.signal);
  return 'done';
}

/** @throws Error when the request was not answered with a result */
export function resultOf({ reply }: Sent): Record<string, unknown> {
  if (reply.answer?.result === undefined) throw new Error(`no result: ${JSON.stringify(reply.answer)}`);
  return reply.answer.result;
}

/** The JSON-RPC code that a request was answered with. */
export function codeOf({ reply }: Sent): number | undefined {
  return reply.answer?.error?.code;
}
