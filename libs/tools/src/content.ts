import type {
  AudioContent,
  CallToolResult,
  ContentBlock,
  EmbeddedResource,
  ImageContent,
  PromptMessage,
  ReadResourceResult,
  ResourceLink,
  TextContent,
} from '@modelcontextprotocol/server';

/** Bytes, or text that is base64 already. */
export type Bytes = Uint8Array | string;

/** A resource's content: text or bytes, never both. */
export type Contents = { uri: string; mimeType?: string } & ({ text: string } | { blob: Bytes });

export function text(value: string): TextContent {
  return { type: 'text', text: value };
}

export function image(data: Bytes, mimeType: string): ImageContent {
  return { type: 'image', data: base64(data), mimeType };
}

export function audio(data: Bytes, mimeType: string): AudioContent {
  return { type: 'audio', data: base64(data), mimeType };
}

/** A resource with its content, inside the result. */
export function embedded(contents: Contents): EmbeddedResource {
  return { type: 'resource', resource: toWire(contents) };
}

/** A resource that the client may read by itself. */
export function resourceLink(link: Omit<ResourceLink, 'type'>): ResourceLink {
  return { ...link, type: 'resource_link' };
}

/** A tool's result of several blocks. */
export function content(...blocks: ContentBlock[]): CallToolResult {
  return { content: blocks };
}

/** A tool's structured value together with a text for people, instead of the value's JSON. */
export function structured<T extends Record<string, unknown>>(
  value: T,
  summary: string,
): CallToolResult & { structuredContent: T } {
  return { content: [text(summary)], structuredContent: value };
}

/** What a resource's handler returns when it has more to say than one text. */
export function resourceContents(...contents: Contents[]): ReadResourceResult {
  return { contents: contents.map(toWire) };
}

/** A prompt's message from the user. */
export function userMessage(block: ContentBlock): PromptMessage {
  return { role: 'user', content: block };
}

/** A prompt's message from the assistant. */
export function assistantMessage(block: ContentBlock): PromptMessage {
  return { role: 'assistant', content: block };
}

function toWire(contents: Contents) {
  const { uri, mimeType } = contents;
  const head = mimeType === undefined ? { uri } : { uri, mimeType };
  return 'text' in contents ? { ...head, text: contents.text } : { ...head, blob: base64(contents.blob) };
}

function base64(data: Bytes): string {
  return typeof data === 'string'
    ? data
    : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}
