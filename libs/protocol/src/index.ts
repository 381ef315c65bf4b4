export { LocalBus, type ClusterBus, type ClusterEvent } from './cluster/bus.js';
export { Dispatcher, type DispatcherOptions } from './dispatch/dispatcher.js';
export {
  ANONYMOUS,
  principalKey,
  type AnswerTo,
  type Ask,
  type ExchangeContext,
  type ListKind,
  type Principal,
} from './exchange/context.js';
export type { Exchange, Outcome } from './exchange/exchange.js';
export { statelessPeer, type Peer } from './exchange/peer.js';
export type { NotificationKind, Reply } from './exchange/reply.js';
export type {
  CacheHint,
  Completer,
  JsonSchema,
  JsonSchemaCheck,
  PromptArgumentDefinition,
  PromptDefinition,
  PromptReturn,
  ResourceDefinition,
  ResourceReturn,
  ResourceTemplateDefinition,
  ToolDefinition,
  ToolReturn,
  ValueSchema,
} from './registry/definitions.js';
export type { ParamHeader } from './registry/param-headers.js';
export { Registry } from './registry/registry.js';
export { ClusterKey, MIN_KEY_BYTES } from './session/seal.js';
export { DEFAULT_SESSION_LIMITS, type SessionLimits } from './session/session-directory.js';
export { SessionSeal, type SessionFacts } from './session/session-seal.js';
export type { Session, SessionStream } from './session/session.js';
export {
  CancelledError,
  CapacityError,
  Code,
  headerMismatch,
  invalidEnvelope,
  invalidParams,
  invalidRequest,
  parseError,
  preview,
  SessionGoneError,
  ToolError,
  toWireError,
  unsupportedRevision,
  WireError,
} from './wire/errors.js';
export {
  errorMessage,
  isObject,
  MessageError,
  readMessage,
  type Message,
  type NotificationMessage,
  type Params,
  type RequestId,
  type RequestMessage,
  type ResponseMessage,
} from './wire/message.js';
export { claimedRevision, readEnvelope, type Envelope } from './wire/meta.js';
export {
  allowsBatch,
  eraOf,
  isServedRevision,
  REVISION_WITHOUT_HEADER,
  SESSION_REVISIONS,
  STATELESS_REVISION,
  STATELESS_REVISIONS,
  SUPPORTED_REVISIONS,
  type Era,
  type Revision,
} from './wire/revision.js';
