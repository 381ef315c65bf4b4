import type { IncomingHttpHeaders } from 'node:http';
import {
  headerMismatch,
  isObject,
  preview,
  type Params,
  type ParamHeader,
  type Registry,
  type RequestMessage,
} from '@mcp-cluster/protocol';

/** Methods whose target clients repeat in `Mcp-Name`, and the field that holds it. */
const NAMED: Readonly<Record<string, 'name' | 'uri' | 'taskId' | undefined>> = Object.assign(
  Object.create(null) as object,
  {
    'tools/call': 'name',
    'prompts/get': 'name',
    'resources/read': 'uri',
    'tasks/get': 'taskId',
    'tasks/update': 'taskId',
    'tasks/cancel': 'taskId',
  } as const,
);

/**
 * Compares the headers that gateways route by with the body that is executed (2026-07-28, "Server
 * Validation"; T2).
 * @throws WireError -32020, HTTP 400
 */
export function requireAgreement(headers: IncomingHttpHeaders, message: RequestMessage, registry: Registry): void {
  const method = headers['mcp-method'];
  if (method !== message.method) throw disagree('Mcp-Method', method, message.method);
  const field = NAMED[message.method];
  if (field === undefined) return;
  const target = message.params[field];
  if (typeof target !== 'string') return; // the method says what is wrong with it
  const name = headers['mcp-name'];
  if (name !== target && decode(single(name)) !== target) throw disagree('Mcp-Name', name, target);
  if (field !== 'name' || message.method !== 'tools/call') return;
  const tool = registry.findTool(target);
  if (tool !== undefined && tool.paramHeaders.length > 0) requireParams(headers, tool.paramHeaders, message.params);
}

function requireParams(headers: IncomingHttpHeaders, declared: readonly ParamHeader[], params: Params): void {
  for (const { header, path, numeric } of declared) {
    const value = valueAt(params['arguments'], path);
    // Nothing is expected for what is not there, and the schema refuses what is no primitive.
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    const decoded = decode(single(headers[header]));
    const agrees = numeric && typeof value === 'number' ? decimal(decoded) === value : decoded === String(value);
    if (!agrees) throw disagree(header, headers[header], String(value));
  }
}

/** Node joins repeated headers of these names with ", ": what is then compared agrees with nothing. */
function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

const PREFIX = '=?base64?';
const SUFFIX = '?=';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const DECIMAL = /^-?\d+(\.\d+)?$/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The value that a header carries, of which the sentinel form is Base64 of UTF-8 ("Value Encoding"). */
function decode(value: string | undefined): string | undefined {
  if (value === undefined || !value.startsWith(PREFIX) || !value.endsWith(SUFFIX)) return value;
  const encoded = value.slice(PREFIX.length, -SUFFIX.length);
  if (!BASE64.test(encoded)) return undefined;
  try {
    return utf8.decode(Buffer.from(encoded, 'base64'));
  } catch {
    return undefined; // not UTF-8: it agrees with nothing
  }
}

function decimal(value: string | undefined): number | undefined {
  return value !== undefined && DECIMAL.test(value) ? Number(value) : undefined;
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (node, key) => (isObject(node) && Object.hasOwn(node, key) ? node[key] : undefined),
    root,
  );
}

function disagree(header: string, got: unknown, body: string): Error {
  return headerMismatch(`${header}: expected ${preview(body)} as in the body, got ${preview(got)}`);
}
