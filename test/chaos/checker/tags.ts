/**
 * Every text that a call sends and a tool returns names its client and its request, so that the checker sees bytes
 * that reached somebody else.
 */
export function tagOf(client: string, request: string): string {
  return `tag(${client}/${request})`;
}

const TAG = /tag\(([\w.-]{1,64})\/([\w.-]{1,64})\)/g;

export interface Tag {
  readonly client: string;
  readonly request: string;
}

/** The tags in a text, each one once. */
export function tagsIn(text: string): string[] {
  return [...new Set([...text.matchAll(TAG)].map(([tag]) => tag))];
}

export function readTag(tag: string): Tag | undefined {
  const [, client, request] = [...tag.matchAll(TAG)][0] ?? [];
  return client === undefined || request === undefined ? undefined : { client, request };
}
