import { createServer, IncomingMessage, ServerResponse, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { safeRequestId, type Clock, type IdSource } from '@mcp-cluster/kernel';
import type { RequestFamilies } from '@mcp-cluster/telemetry';
import { Relay } from '../relay/relay.js';
import { requestKind } from '../relay/request-kind.js';
import { INVALID_REQUEST, rpcError, sendError } from '../relay/rpc-error.js';
import { BodyIntake, type BodyOwner } from './body-intake.js';
import type { ByteBudget } from './byte-budget.js';
import type { DoorRelays } from './door-relays.js';

/** Refuses requests by their Host and Origin headers (DNS rebinding). */
export interface Guard {
  check(headers: IncomingHttpHeaders): { status: 403; message: string } | undefined;
}

export interface FrontDoorParts {
  readonly guard: Guard;
  readonly relays: DoorRelays;
  readonly budget: ByteBudget;
  readonly requests: RequestFamilies;
  readonly ids: IdSource;
  readonly clock: Clock;
}

/** Milliseconds for the headers and for the whole request to come: slow senders do not hold connections (slowloris). */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Milliseconds between looks for connections that are over those times; Node's 30 s would triple them. */
const CONNECTIONS_CHECK_MS = 1000;
/**
 * Milliseconds an idle connection stays: above the 60 s of common load balancers, the 300 s that streams want of them
 * and the fixed 600 s of Google's, so that they close first. `MAX_CONNECTIONS` bounds what idle ones cost.
 */
const KEEP_ALIVE_MS = 620_000;
/** Client connections at once: idle ones cost about 10 KiB each, so 160 MiB at most; more are closed when they come. */
const MAX_CONNECTIONS = 16_384;

const MCP_PATH = '/mcp';

/** Node's request and response with the work on them, so that listeners need no closure a request. */
class DoorRequest extends IncomingMessage {
  intake: BodyIntake | undefined;
}
class DoorResponse extends ServerResponse<DoorRequest> {
  intake: BodyIntake | undefined;
  relay: Relay | undefined;
}

/** The one endpoint of the cluster: takes `/mcp` requests, checks what concerns every node, and relays them. */
export class FrontDoor implements BodyOwner {
  private readonly server: Server<typeof DoorRequest, typeof DoorResponse>;
  private closing = false;

  constructor(private readonly parts: FrontDoorParts) {
    this.server = createServer(
      {
        IncomingMessage: DoorRequest,
        ServerResponse: DoorResponse,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
      },
      (req, res) => {
        this.handle(req, res);
      },
    );
    this.server.maxConnections = MAX_CONNECTIONS;
    this.server.on('connection', (socket) => {
      parts.requests.connected();
      socket.once('close', () => {
        parts.requests.disconnected();
      });
    });
  }

  get budget(): ByteBudget {
    return this.parts.budget;
  }

  get clock(): Clock {
    return this.parts.clock;
  }

  /** @returns the port that it listens on */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }

  /** From now on every answer closes its connection: the client's next one may go to another manager. */
  sendAway(): void {
    this.closing = true;
  }

  /** Takes no more connections and closes idle ones. */
  stopAccepting(): void {
    this.sendAway();
    this.server.close();
  }

  /** Cuts every connection that is left. */
  cut(): void {
    this.server.closeAllConnections();
  }

  bodyRead(intake: BodyIntake, body: Buffer): void {
    const relay = this.relay(intake.req, intake.res, intake.requestId, body, intake.startedAt);
    (intake.res as DoorResponse).relay = relay;
    relay.start();
  }

  bodyRefused(intake: BodyIntake, status: number): void {
    this.parts.relays.guardStalled(intake.res);
    this.parts.relays.refused(requestKind(intake.req.method, intake.req.headers), status, intake.startedAt);
  }

  private handle(req: DoorRequest, res: DoorResponse): void {
    const startedAt = this.parts.clock.monotonic();
    const requestId = safeRequestId(req.headers['x-request-id']) ?? this.parts.ids.next();
    if (this.closing) res.shouldKeepAlive = false;
    if (!isMcp(req.url)) {
      this.refuse(req, res, 404, 'Not Found: the endpoint is /mcp', requestId, startedAt);
      return;
    }
    const refusal = this.parts.guard.check(req.headers);
    if (refusal !== undefined) {
      this.refuse(req, res, refusal.status, refusal.message, requestId, startedAt);
      return;
    }
    res.on('close', onClose);
    if (req.method === 'POST') {
      this.readBody(req, res, requestId, startedAt);
    } else if (req.method === 'GET' || req.method === 'DELETE') {
      // A body would mean nothing here; it is read away, so that the connection stays in step.
      req.resume();
      res.relay = this.relay(req, res, requestId, null, startedAt);
      res.relay.start();
    } else {
      this.refuse(req, res, 405, `Method Not Allowed: ${String(req.method)}`, requestId, startedAt, [
        'allow',
        'GET, POST, DELETE',
      ]);
    }
  }

  private readBody(req: DoorRequest, res: DoorResponse, requestId: string, startedAt: number): void {
    const intake = new BodyIntake(this, req, res, requestId, startedAt);
    req.intake = intake;
    res.intake = intake;
    intake.begin();
    req.on('data', onData);
    req.on('end', onEnd);
  }

  private relay(
    req: IncomingMessage,
    res: ServerResponse,
    requestId: string,
    body: Buffer | null,
    startedAt: number,
  ): Relay {
    const relay = new Relay(this.parts.relays, req, res, requestId, body, startedAt);
    this.parts.relays.began(relay);
    return relay;
  }

  private refuse(
    req: DoorRequest,
    res: DoorResponse,
    status: number,
    message: string,
    requestId: string,
    startedAt: number,
    headers: readonly string[] = [],
  ): void {
    sendError(res, status, rpcError(null, INVALID_REQUEST, message), ['x-request-id', requestId, ...headers]);
    // A client that asks on and on and reads nothing.
    if (res.writableLength > 0) this.parts.relays.guardStalled(res);
    this.parts.relays.refused(requestKind(req.method, req.headers), status, startedAt);
  }
}

/** `/mcp` with or without a query, which means nothing in MCP and is not passed on. */
function isMcp(url: string | undefined): boolean {
  return url === MCP_PATH || url?.startsWith('/mcp?') === true;
}

function onData(this: DoorRequest, chunk: Buffer): void {
  this.intake?.take(chunk);
}

function onEnd(this: DoorRequest): void {
  this.intake?.end();
}

/** Comes at the end of every response, and also when the client leaves before it. */
function onClose(this: DoorResponse): void {
  if (this.relay === undefined) this.intake?.gone();
  else this.relay.clientGone();
}
