import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { SeenProgress } from './progress-checks.js';
import type { RpcMessage } from './raw-http.js';

/** The SDK's clients: the line that ends with 2025-11-25, and the newer one in both eras. */
export const SDKS = ['v1', 'v2 legacy', 'v2 2026-07-28'] as const;
export type Sdk = (typeof SDKS)[number];
/** Those that have sessions, so that their streams can be resumed. */
export const SESSION_SDKS = ['v1', 'v2 legacy'] as const satisfies readonly Sdk[];
/** One client of each era. */
export const ERAS = ['v1', 'v2 2026-07-28'] as const satisfies readonly Sdk[];

export interface SdkOptions {
  readonly onprogress?: (progress: SeenProgress) => void;
  readonly signal?: AbortSignal;
}

export interface ToolResult {
  readonly isError: boolean;
  readonly text: string;
  readonly structured: Readonly<Record<string, unknown>> | undefined;
  readonly content: readonly Readonly<Record<string, unknown>>[];
}

export interface ListedResource {
  readonly uri: string;
  readonly name: string;
  readonly size?: number | undefined;
}

export interface Contents {
  readonly uri: string;
  readonly mimeType?: string;
  readonly text?: string;
}

/** One client of an SDK, whichever line it is of, and everything that its transport received. */
export class SdkSession {
  /** Every message of the server, in the order in which it came. */
  readonly messages: RpcMessage[] = [];

  private constructor(
    readonly sdk: Sdk,
    private readonly v1: ClientV1 | undefined,
    readonly v2: ClientV2 | undefined,
    private readonly transport: TransportV1 | TransportV2,
  ) {
    const handle = transport.onmessage as ((...args: unknown[]) => void) | undefined;
    transport.onmessage = (...args: unknown[]): void => {
      this.messages.push(args[0] as RpcMessage);
      handle?.apply(transport, args);
    };
  }

  static async connect(sdk: Sdk, url: string): Promise<SdkSession> {
    const info = { name: 'streaming-test', version: '1' };
    if (sdk === 'v1') {
      const client = new ClientV1(info);
      const transport = new TransportV1(new URL(url));
      await client.connect(transport);
      return new SdkSession(sdk, client, undefined, transport);
    }
    const mode = sdk === 'v2 legacy' ? 'legacy' : { pin: '2026-07-28' };
    const client = new ClientV2(info, { versionNegotiation: { mode } });
    const transport = new TransportV2(new URL(url));
    await client.connect(transport);
    return new SdkSession(sdk, undefined, client, transport);
  }

  /** Undefined in an era without sessions. */
  get sessionId(): string | undefined {
    return this.transport.sessionId;
  }

  async callTool(name: string, args: object, options: SdkOptions = {}): Promise<ToolResult> {
    const params = { name, arguments: { ...args } };
    const result =
      this.v1 === undefined
        ? await this.v2!.callTool(params, options)
        : await this.v1.callTool(params, undefined, options);
    const content = result.content as { type: string; text?: string }[];
    return {
      isError: result.isError === true,
      text: content.map(({ text = '' }) => text).join(''),
      structured: result.structuredContent as ToolResult['structured'],
      content,
    };
  }

  async readResource(uri: string, options: SdkOptions = {}): Promise<Contents[]> {
    const { contents } = await (this.v1 ?? this.v2!).readResource({ uri }, options);
    return contents as Contents[];
  }

  /** All pages of resources/list. The newer client fetches them itself. */
  async listResources(): Promise<ListedResource[]> {
    const listed: ListedResource[] = [];
    let cursor: string | undefined;
    do {
      const page = await (this.v1 ?? this.v2!).listResources(cursor === undefined ? {} : { cursor });
      listed.push(...page.resources);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return listed;
  }

  async complete(uri: string, name: string, value: string): Promise<readonly string[]> {
    const params = { ref: { type: 'ref/resource' as const, uri }, argument: { name, value } };
    const { completion } = await (this.v1 ?? this.v2!).complete(params);
    return completion.values;
  }

  /** From now on it hears of the resource, and of changes of the list; resolves when the server has taken it. */
  async subscribe(uri: string): Promise<void> {
    if (this.sdk === 'v2 2026-07-28')
      await this.v2!.listen({ resourcesListChanged: true, resourceSubscriptions: [uri] });
    else await (this.v1 ?? this.v2!).subscribeResource({ uri });
  }

  /** How often it was told something. */
  heard(method: string, uri?: string): number {
    return this.messages.filter((one) => one.method === method && (uri === undefined || one.params?.['uri'] === uri))
      .length;
  }

  async close(): Promise<void> {
    await (this.v1 ?? this.v2!).close();
  }
}
