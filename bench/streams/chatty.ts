import { cpuMicroseconds } from '../harness/process-usage.ts';
import { statelessBody, statelessHeaders } from '../harness/raw-request.ts';
import { startStreamNode, type StreamNode } from '../harness/stream-node.ts';
import { STREAMING_TOOLS } from './stalled.ts';

const ROUNDS = 3_000_000;
/** /proc counts CPU in steps of 10 ms: the work takes about 0.7 s, in which five is what a second allows. */
const FEW = 5;
const MANY = 100_000;

export interface ChattyRun {
  readonly reports: number;
  /** CPU of the node for one call, in milliseconds. */
  readonly cpuMs: number;
  readonly events: number;
  readonly bytes: number;
}

/** The same work with few and with 100,000 progress reports: what the second costs more (S05, S20). */
export async function measureChatty(calls: number): Promise<{ few: ChattyRun[]; many: ChattyRun[] }> {
  const node = await startStreamNode(STREAMING_TOOLS);
  try {
    for (const reports of [FEW, MANY]) await callOnce(node, reports, 0);
    const [few, many]: [ChattyRun[], ChattyRun[]] = [[], []];
    for (let call = 1; call <= calls; call += 1) {
      few.push(await callOnce(node, FEW, call));
      many.push(await callOnce(node, MANY, call));
    }
    return { few, many };
  } finally {
    await node.stop();
  }
}

async function callOnce(node: StreamNode, reports: number, id: number): Promise<ChattyRun> {
  const params = { name: 'work', arguments: { rounds: ROUNDS, reports }, _meta: { progressToken: 'p' } };
  const before = cpuMicroseconds(node.pid);
  const answer = await fetch(node.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...statelessHeaders('tools/call', 'work'),
    },
    body: statelessBody('tools/call', params, id),
  });
  const text = await answer.text();
  if (!text.includes('"content"')) throw new Error(`no answer: ${text.slice(-300)}`);
  const events = text.split('notifications/progress').length - 1;
  return { reports, cpuMs: (cpuMicroseconds(node.pid) - before) / 1_000, events, bytes: text.length };
}
