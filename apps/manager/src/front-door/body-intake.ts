import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@mcp-cluster/kernel';
import { INTERNAL_ERROR, INVALID_REQUEST, rpcError, writeError } from '../relay/rpc-error.js';
import type { ByteBudget } from './byte-budget.js';

/** Largest request body in bytes, declared or chunked: the limit of the SDK's servers, so clients know it. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;
/**
 * How long, in milliseconds, and how much, in bytes, of a refused body is read and thrown away before the
 * connection closes. Closing at once would reset it, and the client might never see why.
 */
const LINGER_MS = 1000;
const LINGER_BYTES = 16 * MAX_BODY_BYTES;

/** Who gets the body. */
export interface BodyOwner {
  readonly budget: ByteBudget;
  readonly clock: Clock;
  /** The body is whole. Its bytes stay taken from the budget until the owner gives them back. */
  bodyRead(intake: BodyIntake, body: Buffer): void;
  /** The body was refused and the answer written. */
  bodyRefused(intake: BodyIntake, status: number): void;
}

/** Reads one request body whole, within the limit of a body and the budget of all. */
export class BodyIntake {
  private first: Buffer | undefined;
  private rest: Buffer[] | undefined;
  private size = 0;
  private state: 'reading' | 'lingering' | 'done' = 'reading';

  constructor(
    private readonly owner: BodyOwner,
    readonly req: IncomingMessage,
    readonly res: ServerResponse,
    readonly requestId: string,
    readonly startedAt: number,
  ) {}

  /** Looks at the declared length: a body that is too large is refused before it comes. */
  begin(): void {
    const declared = this.req.headers['content-length'];
    if (declared !== undefined && Number(declared) > MAX_BODY_BYTES) this.tooLarge();
  }

  take(chunk: Buffer): void {
    if (this.state === 'reading') {
      this.keep(chunk);
      return;
    }
    this.size += chunk.length;
    if (this.size > LINGER_BYTES) this.close();
  }

  end(): void {
    if (this.state === 'lingering') {
      this.close();
      return;
    }
    if (this.state === 'done') return;
    this.state = 'done';
    const body = this.rest === undefined ? (this.first ?? EMPTY) : Buffer.concat(this.rest, this.size);
    this.owner.bodyRead(this, body);
  }

  /** The client went away while it sent. */
  gone(): void {
    if (this.state === 'reading') this.owner.budget.give(this.size);
    this.state = 'done';
  }

  private keep(chunk: Buffer): void {
    if (this.size + chunk.length > MAX_BODY_BYTES) {
      this.tooLarge();
      return;
    }
    if (!this.owner.budget.take(chunk.length)) {
      const body = rpcError(null, INTERNAL_ERROR, 'Too many requests are being read', { reason: 'overloaded' });
      this.refuse(503, body, ['retry-after', '1']);
      return;
    }
    this.size += chunk.length;
    if (this.first === undefined) this.first = chunk;
    else (this.rest ??= [this.first]).push(chunk);
  }

  private tooLarge(): void {
    const message = `Invalid Request: body: expected at most ${String(MAX_BODY_BYTES)} bytes, got more`;
    this.refuse(413, rpcError(null, INVALID_REQUEST, message), []);
  }

  private refuse(status: number, body: string, headers: string[]): void {
    this.owner.budget.give(this.size);
    this.first = undefined;
    this.rest = undefined;
    this.size = 0;
    this.state = 'lingering';
    this.res.shouldKeepAlive = false;
    writeError(this.res, status, body, ['x-request-id', this.requestId, ...headers]);
    this.owner.clock.after(LINGER_MS, () => {
      this.close();
    });
    this.owner.bodyRefused(this, status);
  }

  private close(): void {
    if (this.state !== 'lingering') return;
    this.state = 'done';
    this.res.end();
  }
}

const EMPTY = Buffer.alloc(0);
