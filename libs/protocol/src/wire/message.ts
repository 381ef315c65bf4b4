import { invalidParams, invalidRequest, preview, WireError } from './errors.js';

export type RequestId = string | number;
export type Params = Record<string, unknown>;

export interface RequestMessage {
  readonly kind: 'request';
  readonly id: RequestId;
  readonly method: string;
  readonly params: Params;
}

export interface NotificationMessage {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: Params;
}

/** A client's answer to something that we asked (session era). */
export interface ResponseMessage {
  readonly kind: 'response';
  readonly id: RequestId;
  readonly result?: unknown;
  readonly error?: { code: number; message: string; data?: unknown };
}

export type Message = RequestMessage | NotificationMessage | ResponseMessage;

const NO_PARAMS: Params = Object.freeze({});

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A refusal of a message whose id could still be read, so that the error can carry it. */
export class MessageError extends Error {
  constructor(
    readonly wire: WireError,
    readonly id: RequestId | undefined,
  ) {
    super(wire.message, { cause: wire });
  }
}

/**
 * Tells what one parsed JSON value is. Only the envelope is checked here; each method checks its params.
 * @throws MessageError -32600 when it is not a JSON-RPC 2.0 message, -32602 when params is not an object
 */
export function readMessage(value: unknown): Message {
  if (!isObject(value))
    throw new MessageError(invalidRequest(`expected a JSON object, got ${preview(value)}`), undefined);
  const id = value['id'];
  const readableId = isRequestId(id) ? id : undefined;
  if (value['jsonrpc'] !== '2.0')
    throw new MessageError(invalidRequest(`jsonrpc: expected "2.0", got ${preview(value['jsonrpc'])}`), readableId);
  const method = value['method'];
  if (method === undefined) return readResponse(value, readableId);
  if (typeof method !== 'string')
    throw new MessageError(invalidRequest(`method: expected a string, got ${preview(method)}`), readableId);
  if (id !== undefined && readableId === undefined)
    throw new MessageError(invalidRequest(`id: expected a string or an integer, got ${preview(id)}`), undefined);
  const params = value['params'] ?? NO_PARAMS;
  if (!isObject(params))
    throw new MessageError(gate(invalidParams(`params: expected an object, got ${preview(params)}`)), readableId);
  return readableId === undefined
    ? { kind: 'notification', method, params }
    : { kind: 'request', id: readableId, method, params };
}

function readResponse(value: Record<string, unknown>, id: RequestId | undefined): ResponseMessage {
  const error = value['error'];
  if (value['result'] === undefined && error === undefined)
    throw new MessageError(invalidRequest('expected a method, a result or an error'), id);
  if (id === undefined)
    throw new MessageError(
      invalidRequest(`id: a response needs a string or an integer, got ${preview(value['id'])}`),
      id,
    );
  if (error === undefined) return { kind: 'response', id, result: value['result'] };
  if (!isObject(error) || typeof error['code'] !== 'number' || typeof error['message'] !== 'string')
    throw new MessageError(invalidRequest('error: expected an object with a code and a message'), id);
  return { kind: 'response', id, error: { code: error['code'], message: error['message'], data: error['data'] } };
}

function isRequestId(id: unknown): id is RequestId {
  return typeof id === 'string' || (typeof id === 'number' && Number.isSafeInteger(id));
}

function gate(error: WireError): WireError {
  return new WireError(error.code, error.message, error.data, 'gate');
}

/** The id as JSON. Numbers are the common case and need no quoting. */
export function idJson(id: RequestId): string {
  return typeof id === 'number' ? String(id) : JSON.stringify(id);
}

/** A whole result message around a result that is JSON already. */
export function resultMessage(id: RequestId, resultJson: string): string {
  return `{"jsonrpc":"2.0","id":${idJson(id)},"result":${resultJson}}`;
}

/**
 * A whole error message. An id that could not be read is sent as null (JSON-RPC 2.0, section 5).
 */
export function errorMessage(id: RequestId | undefined, error: WireError): string {
  const body =
    error.data === undefined
      ? { code: error.code, message: error.message }
      : { code: error.code, message: error.message, data: error.data };
  return `{"jsonrpc":"2.0","id":${id === undefined ? 'null' : idJson(id)},"error":${JSON.stringify(body)}}`;
}

/** A whole notification message. */
export function notificationMessage(method: string, params?: Params): string {
  return JSON.stringify(params === undefined ? { jsonrpc: '2.0', method } : { jsonrpc: '2.0', method, params });
}
