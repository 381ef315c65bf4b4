import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  ANONYMOUS,
  Code,
  errorMessage,
  preview,
  WireError,
  type Era,
  type Principal,
  type RequestId,
} from '@mcp-cluster/protocol';
import type { Accepts } from './accept.js';
import { sendError, sendJson } from './json-answer.js';

/** One HTTP request and its answer. */
export class HttpCall {
  readonly principal: Principal = ANONYMOUS;
  /** Headers of every answer, flat. */
  readonly headers: string[];
  era: Era = 'session';
  accepts: Accepts = { json: true, sse: false };
  id: RequestId | undefined;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly requestId: string,
  ) {
    this.headers = ['X-Request-Id', requestId];
  }

  /** 202: taken, nothing to say. */
  accept(): void {
    this.response.writeHead(202, [...this.headers, 'Content-Length', '0']).end();
  }

  refuse(status: number, message: string): void {
    const error = new WireError(Code.InvalidRequest, `Invalid Request: ${message}`, undefined, 'gate');
    sendJson(this.response, status, errorMessage(undefined, error), this.headers);
  }

  methodNotAllowed(): void {
    const detail = `Method not allowed: ${preview(this.request.method)}`;
    const error = new WireError(Code.InvalidRequest, detail, undefined, 'gate');
    sendJson(this.response, 405, errorMessage(undefined, error), [...this.headers, 'Allow', 'POST']);
  }

  fail(error: WireError, id: RequestId | undefined): void {
    sendError(this.response, error, this.era, id, this.headers);
  }
}
