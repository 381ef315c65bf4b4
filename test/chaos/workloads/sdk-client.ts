import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { tagOf } from '../checker/tags.ts';
import type { CallPlan } from './call-plan.ts';
import type { CallRecord, HistoryRecorder, WireMessage } from './history-recorder.ts';

export const SDKS = ['v1', 'v2 legacy', 'v2 2026-07-28'] as const;
export type Sdk = (typeof SDKS)[number];
/** Those with sessions. */
export const SESSION_SDKS = ['v1', 'v2 legacy'] as const satisfies readonly Sdk[];

/** The SDK's own clients with their own retries: whatever they make of an answer is what a program gets. */
export class SdkClient {
  readonly name: string;
  readonly sdk: Sdk;
  private readonly history: HistoryRecorder;
  private readonly client: ClientV1 | ClientV2;
  private calls = 0;

  private constructor(name: string, sdk: Sdk, client: ClientV1 | ClientV2, history: HistoryRecorder) {
    this.name = name;
    this.sdk = sdk;
    this.client = client;
    this.history = history;
  }

  static async connect(name: string, sdk: Sdk, url: string, history: HistoryRecorder): Promise<SdkClient> {
    const info = { name, version: '1' };
    if (sdk === 'v1') {
      const client = new ClientV1(info);
      await client.connect(new TransportV1(new URL(url)));
      return new SdkClient(name, sdk, client, history);
    }
    const mode = sdk === 'v2 legacy' ? 'legacy' : { pin: '2026-07-28' };
    const client = new ClientV2(info, { versionNegotiation: { mode } });
    await client.connect(new TransportV2(new URL(url)));
    return new SdkClient(name, sdk, client, history);
  }

  async call({ tool, args, kind, limitMs }: CallPlan): Promise<CallRecord> {
    this.calls += 1;
    const request = `${this.name}.${this.calls}`;
    const record = this.history.begin(this.name, request, { kind, limitMs });
    const heard = (message: WireMessage): void => {
      record.heard(message, JSON.stringify(message));
    };
    const params = { name: tool, arguments: { ...args, tag: tagOf(this.name, request) } };
    const options = {
      timeout: limitMs + 500,
      onprogress: (progress: object): void => {
        heard({ method: 'notifications/progress', params: { ...progress } });
      },
    };
    try {
      const result =
        this.client instanceof ClientV1
          ? await this.client.callTool(params, undefined, options)
          : await this.client.callTool(params, options);
      heard({ id: request, result });
    } catch (error) {
      this.failed(record, error, heard);
    }
    return record;
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  /** What the server answered is an answer; what the SDK says by itself (it waited too long, it lost its stream) is none. */
  private failed(record: CallRecord, error: unknown, heard: (message: WireMessage) => void): void {
    const { code, message, data } = error as { code?: unknown; message: string; data?: Record<string, unknown> };
    const ofServer = typeof code === 'number' && code <= -32000 && code !== -32000 && code !== -32001;
    if (ofServer) heard({ id: record.request, error: { code, message, ...(data !== undefined && { data }) } });
    else record.abandon(`the SDK gave up: ${message}`);
  }
}
