import type { Response } from 'k6/http';

/** One JSON-RPC message of an answer, as far as the checks look into it. */
export interface Message {
  jsonrpc: string;
  id?: number | string;
  method?: string;
  params?: { progressToken?: string; progress?: number; total?: number; message?: string };
  result?: Result;
  error?: { code: number; message: string };
}

export interface Result {
  resultType?: string;
  isError?: boolean;
  content?: { type: string; text?: string }[];
  tools?: { name: string; inputSchema?: { type?: string } }[];
  protocolVersion?: string;
  supportedVersions?: string[];
}

/** How the server chose to answer. */
export type AnswerKind = 'json' | 'sse' | 'other';

export function answerKind(response: Response): AnswerKind {
  const type = response.headers['Content-Type'] ?? '';
  if (type.startsWith('application/json')) return 'json';
  return type.startsWith('text/event-stream') ? 'sse' : 'other';
}

/** All messages of an answer in their order; empty when it is not what its content type says. */
export function messagesOf(response: Response): Message[] {
  const body = typeof response.body === 'string' ? response.body : '';
  try {
    switch (answerKind(response)) {
      case 'json':
        return [JSON.parse(body) as Message];
      case 'sse':
        return eventData(body).map((data) => JSON.parse(data) as Message);
      case 'other':
        return [];
    }
  } catch {
    // Not JSON: the checks find that the messages are missing.
    return [];
  }
}

/**
 * The data of each event of a stream: lines end in any of the three ways, several `data:` lines make one text,
 * comments (keep-alive) and other fields are passed over.
 */
export function eventData(stream: string): string[] {
  return stream
    .replace(/\r\n?/g, '\n')
    .split('\n\n')
    .map((event) =>
      event
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice('data:'.length).replace(/^ /, ''))
        .join('\n'),
    )
    .filter((data) => data !== '');
}
