import type { ExchangeContext, ToolDefinition } from '@mcp-cluster/protocol';
import { testTool } from '../protocol/test-tool.js';

/** A tool whose call goes on until the test lets it end, or until it is cancelled. */
export class HeldTool {
  readonly definition: ToolDefinition;
  private readonly begin = Promise.withResolvers<ExchangeContext>();
  private readonly end = Promise.withResolvers<string>();
  private readonly stop = Promise.withResolvers<unknown>();

  constructor(name = 'held') {
    this.definition = testTool(name, (_args, context) => {
      context.signal.addEventListener('abort', () => {
        this.stop.resolve(context.signal.reason);
        this.end.reject(context.signal.reason as Error);
      });
      this.begin.resolve(context);
      return this.end.promise;
    });
  }

  /** The context of the call, once it has begun. */
  get started(): Promise<ExchangeContext> {
    return this.begin.promise;
  }

  /** The reason, once the call is cancelled. */
  get cancelled(): Promise<unknown> {
    return this.stop.promise;
  }

  release(text = 'released'): void {
    this.end.resolve(text);
  }
}
