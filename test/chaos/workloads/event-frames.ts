/** One event of an event stream. */
export interface Frame {
  readonly id: string | undefined;
  readonly retry: number | undefined;
  /** Undefined for a comment and for an event that only brings an id. */
  readonly data: string | undefined;
}

/** Takes pieces of an event stream and gives the events that are whole. */
export class FrameReader {
  private rest = '';

  /** @throws when a line is none of an event stream */
  take(piece: string): Frame[] {
    const blocks = (this.rest + piece).split('\n\n');
    this.rest = blocks.pop() ?? '';
    return blocks.filter((block) => block !== '').map(readFrame);
  }

  /** Half an event that was there at the end: the connection was cut within it. */
  get half(): boolean {
    return this.rest !== '';
  }
}

function readFrame(block: string): Frame {
  let id: string | undefined;
  let retry: number | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith(':')) continue;
    const { field, value } = /^(?<field>id|retry|event|data): ?(?<value>.*)$/.exec(line)?.groups ?? {};
    if (field === undefined) throw new Error(`not a line of an event stream: ${line.slice(0, 200)}`);
    if (field === 'id') id = value;
    if (field === 'retry') retry = Number(value);
    if (field === 'data' && value !== undefined) data.push(value);
  }
  const text = data.join('\n');
  return { id, retry, data: text === '' ? undefined : text };
}
