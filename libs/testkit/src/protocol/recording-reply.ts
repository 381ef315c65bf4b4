import type { NotificationKind, Reply, Splice, WireError } from '@mcp-cluster/protocol';

/** A JSON-RPC message as it was sent, parsed. */
export interface WireMessage {
  readonly jsonrpc: '2.0';
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export interface Notified {
  readonly kind: NotificationKind;
  readonly message: WireMessage;
}

/** Keeps what an exchange says, and throws where the contract of `Reply` is broken: a second end, words after it. */
export class RecordingReply implements Reply {
  readonly notified: Notified[] = [];
  answer: WireMessage | undefined;
  error: WireError | undefined;
  abandoned = false;

  /** @param splice what a manager says of a request that comes for the second time */
  constructor(
    readonly streams = true,
    private readonly splice?: Splice,
  ) {}

  get again(): boolean {
    return this.splice !== undefined;
  }

  get progressAbove(): number | undefined {
    return this.splice?.progressAbove;
  }

  get done(): boolean {
    return this.abandoned || this.answer !== undefined;
  }

  /** The params of the notifications of one method, in their order. */
  params(method: string): Record<string, unknown>[] {
    return this.notified.flatMap(({ message }) => (message.method === method ? [message.params ?? {}] : []));
  }

  notify(message: string, kind: NotificationKind): void {
    this.requireOpen(message);
    this.notified.push({ kind, message: JSON.parse(message) as WireMessage });
  }

  end(message: string, error?: WireError): void {
    this.requireOpen(message);
    this.answer = JSON.parse(message) as WireMessage;
    this.error = error;
  }

  abandon(): void {
    this.requireOpen('abandon()');
    this.abandoned = true;
  }

  private requireOpen(what: string): void {
    if (this.done) throw new Error(`after the end of the reply: ${what}`);
  }
}
