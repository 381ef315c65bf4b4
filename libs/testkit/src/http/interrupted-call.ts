import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { ExchangeContext, ToolDefinition } from '@mcp-cluster/protocol';
import { HeldTool } from './held-tool.js';
import { readFrames, type HttpAnswer } from './http-answer.js';
import { HttpNode } from './http-node.js';

/** A session with a call under way, of which the client has one progress, and whose connection may break. */
export class InterruptedCall {
  private constructor(
    readonly node: HttpNode,
    readonly session: Record<string, string>,
    readonly held: HeldTool,
    readonly context: ExchangeContext,
    readonly answer: HttpAnswer,
    private readonly response: ServerResponse,
  ) {}

  /** The call's request id is `call`. @param cleanUp as `HttpNode.serve` takes it */
  static async begin(
    cleanUp: (stop: () => Promise<void>) => void,
    { revision = '2025-11-25', tools = [] }: { revision?: string; tools?: readonly ToolDefinition[] } = {},
  ): Promise<InterruptedCall> {
    const held = new HeldTool();
    const node = await HttpNode.serve(cleanUp, held.definition, ...tools);
    const session = await node.session(revision);
    const params = { name: 'held', _meta: { progressToken: 1 } };
    const answering = node.post(node.message('tools/call', params, 'call'), session);
    const context = await held.started;
    context.progress(1, 4, 'one');
    const answer = await answering;
    await answer.until('"one"');
    return new InterruptedCall(node, session, held, context, answer, node.lastResponse);
  }

  /** The id of the last event that the client has. */
  get place(): string {
    return readFrames(this.answer.soFar).at(-1)?.id ?? '';
  }

  /** The id of another event of the same stream. */
  at(seq: number | string): string {
    return `${this.place.split('.')[0] ?? ''}.1.${String(seq)}`;
  }

  /** Breaks the connection; resolves when the node knows. */
  async leave(): Promise<void> {
    const gone = once(this.response, 'close');
    this.answer.disconnect();
    await gone;
  }

  /** Comes back to where the client was, or to another place. */
  resume(place = this.place): Promise<HttpAnswer> {
    return this.node.listen(this.session, place);
  }
}
