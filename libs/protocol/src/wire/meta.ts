import { ClientCapabilitiesSchema, ImplementationSchema, LoggingLevelSchema } from '@modelcontextprotocol/core';
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  LOG_LEVEL_META_KEY,
  PROTOCOL_VERSION_META_KEY,
  SERVER_INFO_META_KEY,
  SUBSCRIPTION_ID_META_KEY,
  type ClientCapabilities,
  type Implementation,
  type LoggingLevel,
} from '@modelcontextprotocol/server';
import { invalidEnvelope, preview, unsupportedRevision } from './errors.js';
import { isObject, type Params } from './message.js';
import { STATELESS_REVISION } from './revision.js';

export { SERVER_INFO_META_KEY, SUBSCRIPTION_ID_META_KEY };

/** What a request of 2026-07-28 says of itself in `params._meta`. */
export interface Envelope {
  readonly revision: typeof STATELESS_REVISION;
  readonly capabilities: ClientCapabilities;
  readonly info: Implementation | undefined;
  readonly logLevel: LoggingLevel | undefined;
}

/** The revision that a message claims in its `_meta`; undefined in session revisions. */
export function claimedRevision(params: Params): unknown {
  const meta = params['_meta'];
  return isObject(meta) ? meta[PROTOCOL_VERSION_META_KEY] : undefined;
}

const NO_CAPABILITIES: ClientCapabilities = Object.freeze({});

/**
 * Reads and checks the envelope of a request that came as 2026-07-28.
 * @throws WireError -32602 (HTTP 400) naming the field; -32022 for a revision that we do not serve
 */
export function readEnvelope(params: Params): Envelope {
  const meta = params['_meta'];
  if (!isObject(meta)) throw invalidEnvelope(`params._meta: expected an object, got ${preview(meta)}`);
  const revision = meta[PROTOCOL_VERSION_META_KEY];
  if (typeof revision !== 'string') throw missing(PROTOCOL_VERSION_META_KEY, 'a string', revision);
  if (revision !== STATELESS_REVISION) throw unsupportedRevision(revision);
  const declared = meta[CLIENT_CAPABILITIES_META_KEY];
  if (!isObject(declared)) throw missing(CLIENT_CAPABILITIES_META_KEY, 'an object', declared);
  const info = meta[CLIENT_INFO_META_KEY];
  const level = meta[LOG_LEVEL_META_KEY];
  return {
    revision: STATELESS_REVISION,
    capabilities: readCapabilities(declared),
    info: info === undefined ? undefined : readInfo(info),
    logLevel: level === undefined ? undefined : readLevel(level),
  };
}

/** Most calls declare nothing: the schema is run only when there is something to check. */
function readCapabilities(declared: Record<string, unknown>): ClientCapabilities {
  let empty = true;
  for (const _ in declared) {
    empty = false;
    break;
  }
  if (empty) return NO_CAPABILITIES;
  const parsed = ClientCapabilitiesSchema.safeParse(declared);
  if (!parsed.success) throw missing(CLIENT_CAPABILITIES_META_KEY, 'client capabilities', declared);
  return parsed.data;
}

/** Name and version are all that we use; the whole schema would cost each request and gain nothing. */
function readInfo(info: unknown): Implementation {
  if (isObject(info) && typeof info['name'] === 'string' && typeof info['version'] === 'string')
    return info as unknown as Implementation;
  const problem = ImplementationSchema.safeParse(info).error?.issues[0];
  throw invalidEnvelope(
    `params._meta[${CLIENT_INFO_META_KEY}]${problem === undefined ? '' : `.${problem.path.join('.')}`}: expected a name and a version`,
  );
}

function readLevel(level: unknown): LoggingLevel {
  const parsed = LoggingLevelSchema.safeParse(level);
  if (!parsed.success) throw missing(LOG_LEVEL_META_KEY, `one of ${LoggingLevelSchema.options.join(', ')}`, level);
  return parsed.data;
}

function missing(key: string, expected: string, got: unknown): Error {
  return invalidEnvelope(`params._meta[${key}]: expected ${expected}, got ${preview(got)}`);
}
