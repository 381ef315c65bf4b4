import { ProtocolError, type JSONRPCMessage, type Transport } from '@modelcontextprotocol/client';
import type { JsonValue } from '@modelcontextprotocol/ext-tasks/core';

/** Outside of what JSON-RPC and MCP use: it never comes from a server's error. */
const TASK_INSTEAD = -1;

/**
 * Brings tasks through the SDK's client, which refuses a result of a type that it does not know. A `CreateTaskResult`
 * reaches it as an error that carries the result, so that everything else about the call (headers, progress,
 * time-outs, questions) stays the SDK's work.
 */
export class TaskResults {
  private readonly carriers = new WeakSet();

  /** Reads along on a transport that is not connected yet. */
  watch(transport: Transport): void {
    let receive: Transport['onmessage'];
    Object.defineProperty(transport, 'onmessage', {
      configurable: true,
      get: () => receive,
      set: (handler: Transport['onmessage']) => {
        receive =
          handler &&
          ((message, extra) => {
            handler(this.carried(message), extra);
          });
      },
    });
  }

  /** The `CreateTaskResult` that a request was answered with, if `thrown` stands for one. */
  in(thrown: unknown): JsonValue | undefined {
    if (!(thrown instanceof ProtocolError) || thrown.code !== TASK_INSTEAD) return undefined;
    return isCarrier(thrown.data) && this.carriers.has(thrown.data) ? (thrown.data.result as JsonValue) : undefined;
  }

  private carried(message: JSONRPCMessage): JSONRPCMessage {
    if (!('result' in message) || message.result['resultType'] !== 'task') return message;
    const data = { result: message.result };
    this.carriers.add(data);
    return { jsonrpc: '2.0', id: message.id, error: { code: TASK_INSTEAD, message: 'the call became a task', data } };
  }
}

function isCarrier(data: unknown): data is { result: unknown } {
  return typeof data === 'object' && data !== null && 'result' in data;
}
