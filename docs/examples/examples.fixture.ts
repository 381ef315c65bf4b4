import { yieldToEventLoop } from '@mcp-cluster/kernel';
import type { Params, Session } from '@mcp-cluster/protocol';
import { TestNode, type RecordingReply, type Sent, type TestNodeOptions } from '@mcp-cluster/testkit/protocol';
import { collectDefinitions } from '@mcp-cluster/tools';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A data folder for one test. */
export async function dataFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'examples-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

/** A node that serves the tools and resources of these objects. */
export function nodeWith(instances: object | readonly object[], options: TestNodeOptions = {}): TestNode {
  const node = new TestNode(options);
  for (const { kind, definition } of [instances].flat().flatMap(collectDefinitions)) {
    if (kind === 'tool') node.registry.tool(definition);
    else if (kind === 'resourceTemplate') node.registry.resourceTemplate(definition);
    else throw new Error(`the examples have no ${kind}`);
  }
  return node;
}

/** Waits for what happens on real files: a test that waits in vain ends by its own time limit. */
export async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await yieldToEventLoop();
}

/** The reply of a request, once it has ended. */
export async function ended({ reply }: Sent): Promise<RecordingReply> {
  await until(() => reply.done);
  return reply;
}

/** The result of a request, once it is there. */
export async function resultOf(sent: Sent): Promise<Record<string, unknown>> {
  const { answer } = await ended(sent);
  if (answer?.result === undefined) throw new Error(`no result: ${JSON.stringify(answer)}`);
  return answer.result;
}

/** Answers the question that a session's call has asked. */
export async function answerInSession(
  node: TestNode,
  session: Session,
  { reply }: Sent,
  result: Params,
): Promise<void> {
  await until(() => reply.notified.some(({ kind }) => kind === 'ask'));
  const id = reply.notified.find(({ kind }) => kind === 'ask')?.message.id;
  if (typeof id !== 'string') throw new Error('the question has no id');
  node.dispatcher.response({ kind: 'response', id, result }, session);
}
