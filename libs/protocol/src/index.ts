export { LocalBus, type Announcer, type ClusterBus, type ClusterEvent } from './cluster/bus.js';
export { Dispatcher, type DispatcherOptions } from './dispatch/dispatcher.js';
export type { Jobs } from './dispatch/jobs.js';
export {
  ANONYMOUS,
  isKnown,
  LOCAL,
  principalKey,
  type AnswerTo,
  type Ask,
  type ExchangeContext,
  type ListKind,
  type Principal,
} from './exchange/context.js';
export type { EndedExchange, Outcome } from './exchange/exchange-services.js';
export type { Exchange } from './exchange/exchange.js';
export { statelessPeer, type Peer } from './exchange/peer.js';
export type { NotificationKind, Reply } from './exchange/reply.js';
export type {
  CacheHint,
  Completer,
  JsonSchema,
  JsonSchemaCheck,
  ListedResource,
  PromptArgumentDefinition,
  PromptDefinition,
  PromptReturn,
  ResourceDefinition,
  ResourceReturn,
  ResourceTemplateDefinition,
  ToolCache,
  ToolDefinition,
  ToolReturn,
  ValueSchema,
} from './registry/definitions.js';
export type { ParamHeader } from './registry/param-headers.js';
export { Registry } from './registry/registry.js';
export { ClusterKey, MIN_KEY_BYTES } from './session/seal.js';
export { DEFAULT_SESSION_LIMITS, type SessionLimits } from './session/session-directory.js';
export { SESSION_LIFE_MS, sessionMark, SessionSeal, type SessionFacts } from './session/session-seal.js';
export { MAX_SUBSCRIPTIONS, type Session, type SessionStream } from './session/session.js';
export type { TaskEnd } from './tasks/running-task.js';
export { isTerminal, TASKS_EXTENSION, type TaskSnapshot, type TaskStatus } from './tasks/task.js';
export {
  DEFAULT_TASK_STORE_LIMITS,
  MemoryTaskStore,
  type Held,
  type HeldTasks,
  type Orphan,
  type PutResult,
  type TaskStore,
  type TaskStoreLimits,
} from './tasks/task-store.js';
export { DEFAULT_TASK_LIMITS, type TaskLimits } from './tasks/task-limits.js';
export type { Tasks } from './tasks/tasks.js';
export { TaskSeal, type TaskIdentity } from './tasks/task-seal.js';
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
export {
  LEDGER_KEEP_MS,
  MAX_OUTCOME_BYTES,
  type Claim,
  type Ledger,
  type LedgerEntry,
  type Standing,
} from './execution/ledger.js';
export { MemoryLedger, type LedgerLimits, type LedgerNode } from './execution/memory-ledger.js';
export { REPLAYED_META_KEY } from './execution/outcome.js';
export { MemoryMarkStore, type MarkHolder, type MarkStore } from './session/mark-store.js';
export type { TaskOrigin } from './tasks/task-origin.js';
export { MemorySessionStore, type SessionRecord, type SessionStore } from './session/session-store.js';
export { SPLICE_HEADER, SplicePass, type Splice } from './splice/splice-pass.js';
export {
  ARCHIVE_LIMITS,
  checkAppendSize,
  tooLarge,
  FILL_AFTER_TRIM,
  type ArchiveLimits,
} from './streams/archive-limits.js';
export { ClaimedStreams } from './streams/claimed-streams.js';
export { MemoryStreamArchive } from './streams/memory-stream-archive.js';
export {
  type Append,
  type AppendResult,
  type ArchivedStream,
  type EventKind,
  type LoggedEvent,
  type StreamArchive,
  type StreamBirth,
} from './streams/stream-archive.js';
export { isOutage } from './execution/store-refusal.js';
export { IDEMPOTENCY_KEY, isRepeatable, repeatableText } from './execution/repeatable.js';
export { EVERYTHING, KeySpace, namedTag, spaceTag, uriTag } from './cache/cache-key.js';
export { canonicalJson } from './cache/canonical-json.js';
export {
  NotShareable,
  type Boarding,
  type CacheEntry,
  type CacheKey,
  type CachePolicy,
  type CacheQuery,
  type CacheScope,
  type CacheType,
  type Flight,
  type Loaded,
  type ResultCache,
} from './cache/result-cache.js';
export { CACHE_META_KEY, NO_CACHE_META_KEY } from './cache/cache-meta.js';
