import type { CallToolResult, ReadResourceResult } from '@modelcontextprotocol/client';
import { duration } from './progress.view.js';

/** How long the parts of a call took, in milliseconds. */
export interface Timings {
  readonly connectMs: number;
  /** From the call to its first progress or, without any, to its result. */
  readonly firstEventMs: number;
  readonly totalMs: number;
  readonly events: number;
  /** States of a task that were seen; absent when the call was none. */
  readonly taskStates?: number | undefined;
}

/** A tool's result for a person. Text as it is; what is not text by its kind and size. */
export function resultText(result: CallToolResult): string {
  return result.content.map(blockText).join('\n');
}

export function resourceText({ contents }: ReadResourceResult): string {
  return contents.map((entry) => ('text' in entry ? entry.text : binary(entry.mimeType, entry.blob))).join('\n');
}

export function timingsText({ connectMs, firstEventMs, totalMs, events, taskStates }: Timings): string {
  const parts = [
    `connected in ${duration(connectMs)}`,
    `first event after ${duration(firstEventMs)}`,
    `total ${duration(totalMs)}`,
    counted(events, 'progress event'),
    ...(taskStates === undefined ? [] : [counted(taskStates, 'task state')]),
  ];
  return parts.join(' · ');
}

function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function blockText(block: CallToolResult['content'][number]): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
    case 'audio':
      return binary(block.mimeType, block.data);
    case 'resource_link':
      return `→ ${block.uri}${block.description === undefined ? '' : ` (${block.description})`}`;
    case 'resource':
      return 'text' in block.resource ? block.resource.text : binary(block.resource.mimeType, block.resource.blob);
  }
}

function binary(mimeType: string | undefined, base64: string): string {
  return `[${mimeType ?? 'binary'}, ${String(Math.floor((base64.length * 3) / 4))} bytes]`;
}
