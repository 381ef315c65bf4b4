import { LocalError } from '@mcp-cluster/kernel';
import type { ClientCapabilities } from '@modelcontextprotocol/server';
import type { Principal } from '../exchange/context.js';
import type { ExchangeServices } from '../exchange/exchange-services.js';
import { Exchange } from '../exchange/exchange.js';
import type { Peer } from '../exchange/peer.js';
import type { Reply } from '../exchange/reply.js';
import type { Registry } from '../registry/registry.js';
import { TASKS_CAPABILITY, type TaskSnapshot } from '../tasks/task.js';
import type { Orphan } from '../tasks/task-store.js';
import type { Tasks } from '../tasks/tasks.js';
import { ToolError } from '../wire/errors.js';
import type { Params } from '../wire/message.js';
import { answer } from './methods.js';
import { callTool } from './tools.method.js';

/** Nobody waits for a job's answer: it is fetched. */
const NO_REPLY: Reply = {
  streams: false,
  notify: () => undefined,
  end: () => undefined,
  abandon: () => undefined,
};

/**
 * Long work for clients without the tasks extension (S13): a tool's call as a task, begun, asked for and cancelled
 * by tools. A job is a task: `tasks/get` finds it too.
 */
export class Jobs {
  private readonly services: ExchangeServices;

  constructor(
    private readonly registry: Registry,
    services: ExchangeServices,
    private readonly tasks: Tasks,
  ) {
    // A job is no request: it is counted as a task, and the call of start_job as a request.
    this.services = { ...services, ended: () => undefined };
    tasks.workBy({
      repeats: (tool) => registry.findTool(tool)?.repeatable === true,
      resume: (orphan) => {
        this.resume(orphan);
      },
    });
  }

  /**
   * Begins a call of a tool; resolves when the job is stored.
   * @param principal whose job it is: nobody else sees it
   * @throws ToolError naming `tool` or a field of `arguments`; CapacityError
   */
  async start(tool: string, args: Params, principal: Principal, requestId: string): Promise<TaskSnapshot> {
    const compiled = this.registry.findTool(tool);
    if (compiled === undefined)
      throw new ToolError(`tool: expected the name of a tool of this server, got ${JSON.stringify(tool.slice(0, 80))}`);
    const checked = compiled.check(args);
    if (!checked.ok) throw new ToolError(checked.problems.map((problem) => `arguments.${problem}`).join('\n'));
    const exchange = this.callOf(tool, args, jobPeer(principal), requestId);
    await exchange.detach();
    const state = exchange.taskState;
    if (state === undefined) throw new LocalError('no_task', `the job of ${tool} did not become a task`);
    answer((call) => callTool(this.registry, call), exchange);
    return state;
  }

  /** @throws WireError -32602 for a job that is not this principal's or has expired */
  status(jobId: string, principal: Principal): Promise<TaskSnapshot> {
    return this.tasks.get(jobId, principal);
  }

  /** Asks a job to stop. @throws WireError as `status` */
  cancel(jobId: string, principal: Principal): Promise<void> {
    return this.tasks.cancel(jobId, principal);
  }

  /** Runs a task of a lost node again from its beginning: its client asks for it as before. */
  private resume(orphan: Orphan): void {
    const { task, origin } = orphan;
    const { tool, principal, capabilities, answers, idempotencyKey } = origin;
    const exchange = this.callOf(tool, origin.arguments, jobPeer(principal, capabilities), task.taskId);
    exchange.idempotencyKey = idempotencyKey;
    exchange.resume(this.tasks.adopt(orphan, exchange), answers);
    answer((call) => callTool(this.registry, call), exchange);
  }

  private callOf(tool: string, args: Params, peer: Peer, requestId: string): Exchange {
    const params = { name: tool, arguments: args };
    const request = { kind: 'request' as const, id: requestId, method: 'tools/call', params };
    const exchange = new Exchange(this.services, request, peer, NO_REPLY, requestId);
    exchange.target = tool;
    return exchange;
  }
}

/** A client that takes tasks; without other capabilities it answers no questions. */
function jobPeer(principal: Principal, capabilities: ClientCapabilities = TASKS_CAPABILITY): Peer {
  return {
    revision: '2026-07-28',
    era: 'stateless',
    principal,
    info: undefined,
    capabilities,
    logLevel: undefined,
    session: undefined,
  };
}
