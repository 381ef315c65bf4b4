import { ProtocolErrorCode } from '@modelcontextprotocol/server';
import { asError } from '@mcp-cluster/kernel';
import { STATELESS_REVISIONS } from './revision.js';

type CodeName =
  | 'ParseError'
  | 'InvalidRequest'
  | 'MethodNotFound'
  | 'InvalidParams'
  | 'InternalError'
  | 'HeaderMismatch'
  | 'MissingRequiredClientCapability'
  | 'UnsupportedProtocolVersion'
  | 'ResourceNotFound';

/** JSON-RPC and MCP error codes that we send. The names are the specification's. */
export const Code: Readonly<Record<CodeName, number>> = {
  ParseError: ProtocolErrorCode.ParseError,
  InvalidRequest: ProtocolErrorCode.InvalidRequest,
  MethodNotFound: ProtocolErrorCode.MethodNotFound,
  InvalidParams: ProtocolErrorCode.InvalidParams,
  InternalError: ProtocolErrorCode.InternalError,
  /** 2026-07-28: header and body disagree. The SDK keeps it out of ProtocolErrorCode. */
  HeaderMismatch: -32_020,
  MissingRequiredClientCapability: ProtocolErrorCode.MissingRequiredClientCapability,
  UnsupportedProtocolVersion: ProtocolErrorCode.UnsupportedProtocolVersion,
  /** Session revisions only; 2026-07-28 answers InvalidParams instead. */
  ResourceNotFound: -32_002,
};

/**
 * Where an error arose. `gate`: before the message reached a handler (shape, era, headers, method);
 * `handler`: in the handler of the method. Over HTTP only gate errors change the status.
 */
export type ErrorOrigin = 'gate' | 'handler';

/** The wire family: becomes a JSON-RPC error as it is. `data` must be JSON and is sent to the client. */
export class WireError extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly data?: unknown,
    readonly origin: ErrorOrigin = 'handler',
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'WireError';
  }
}

/** The node cannot take more of something; the client may try again, elsewhere or later. */
export class CapacityError extends WireError {
  /** @param retryAfterSeconds what Retry-After says */
  constructor(
    message: string,
    readonly retryAfterSeconds: number,
  ) {
    super(Code.InternalError, message, { reason: 'capacity' }, 'gate');
    this.name = 'CapacityError';
  }
}

/** The session id is foreign, altered, expired or ended: HTTP 404, and the client initialises again. */
export class SessionGoneError extends WireError {
  constructor(message: string) {
    super(Code.InvalidRequest, message, undefined, 'gate');
    this.name = 'SessionGoneError';
  }
}

/** An expected failure of a tool: the model sees the message in a result with `isError`. */
export class ToolError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ToolError';
  }
}

/** Why a call was stopped. The abort reason of its signal. */
export class CancelledError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CancelledError';
  }
}

export function parseError(detail: string): WireError {
  return new WireError(Code.ParseError, `Parse error: ${detail}`, undefined, 'gate');
}

export function invalidRequest(detail: string): WireError {
  return new WireError(Code.InvalidRequest, `Invalid Request: ${detail}`, undefined, 'gate');
}

export function methodNotFound(method: string): WireError {
  return new WireError(Code.MethodNotFound, `Method not found: ${preview(method)}`, undefined, 'gate');
}

export function invalidParams(detail: string, data?: unknown): WireError {
  return new WireError(Code.InvalidParams, `Invalid params: ${detail}`, data);
}

/** The `_meta` envelope of 2026-07-28 is missing or malformed: refused at the gate, HTTP 400. */
export function invalidEnvelope(detail: string): WireError {
  return new WireError(Code.InvalidParams, `Invalid params: ${detail}`, undefined, 'gate');
}

export function headerMismatch(detail: string): WireError {
  return new WireError(Code.HeaderMismatch, `Header mismatch: ${detail}`, undefined, 'gate');
}

/** @param supported what the client may use instead */
export function unsupportedRevision(requested: string, supported: readonly string[] = STATELESS_REVISIONS): WireError {
  return new WireError(
    Code.UnsupportedProtocolVersion,
    `Unsupported protocol version: ${preview(requested)}`,
    { supported, requested },
    'gate',
  );
}

/** What was thrown, as the error that the client sees. Unknown errors say nothing of our inside. */
export function toWireError(thrown: unknown): WireError {
  if (thrown instanceof WireError) return thrown;
  return new WireError(Code.InternalError, 'Internal error', undefined, 'handler', { cause: asError(thrown) });
}

/** A value from outside, short enough for an error message. */
export function preview(value: unknown, length = 80): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : describe(value);
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `an array of ${String(value.length)}`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === null ? 'null' : 'an object';
}
