import { cacheReport, cacheTargetBody, type CacheReport, type CacheTarget } from '@mcp-cluster/cluster';
import { asError, errorCode, LocalError } from '@mcp-cluster/kernel';
import { Agent, request, type Dispatcher } from 'undici';

/** Milliseconds for a node to answer: its own levels are given up after some hundred. */
const ANSWER_MS = 2_000;

/** Bytes of an answer that are read: a report of fifty entries has about 10,000, long names more. */
const MAX_ANSWER_BYTES = 262_144;

/** What the manager asks of the caches of nodes. Each call rejects with a LocalError whose message says why, for people. */
export interface NodeCaches {
  report(managementOrigin: string): Promise<CacheReport>;
  invalidate(managementOrigin: string, target: CacheTarget): Promise<void>;
}

/** Over the nodes' management ports, on connections of its own. */
export class HttpNodeCaches implements NodeCaches {
  private readonly agent: Agent;

  constructor(private readonly answerMs = ANSWER_MS) {
    this.agent = new Agent({ connections: 1, connect: { timeout: answerMs }, maxResponseSize: MAX_ANSWER_BYTES });
  }

  async report(managementOrigin: string): Promise<CacheReport> {
    const answer = await this.ask(`${managementOrigin}/cache`, { method: 'GET' });
    const { success, data } = cacheReport.safeParse(answer);
    if (!success) throw new LocalError('not_a_report', NOT_A_NODE);
    return data;
  }

  async invalidate(managementOrigin: string, target: CacheTarget): Promise<void> {
    await this.ask(`${managementOrigin}/cache/invalidate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(cacheTargetBody(target)),
    });
  }

  close(): void {
    this.agent.destroy(() => undefined);
  }

  private async ask(url: string, what: Omit<Dispatcher.RequestOptions, 'origin' | 'path'>): Promise<unknown> {
    let status: number;
    let text: string;
    try {
      const signal = AbortSignal.timeout(this.answerMs);
      const { statusCode, body } = await request(url, { ...what, dispatcher: this.agent, signal });
      status = statusCode;
      text = await body.text();
    } catch (thrown) {
      throw new LocalError('node_unreachable', this.whyNot(thrown), { cause: thrown });
    }
    if (status === 404) throw new LocalError('no_cache', 'it has no cache that could be asked');
    if (status !== 200) throw new LocalError('node_refused', `it answered with status ${String(status)}`);
    return parse(text);
  }

  /** In the words of an operator; undici's own speak of its insides. */
  private whyNot(thrown: unknown): string {
    const { name } = asError(thrown);
    if (name === 'TimeoutError' || name === 'ConnectTimeoutError')
      return `no answer within ${String(this.answerMs)} ms`;
    return `it cannot be reached (${errorCode(thrown) ?? name})`;
  }
}

const NOT_A_NODE = 'it answers, but not as a node does';

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LocalError('not_a_report', NOT_A_NODE, { cause });
  }
}
