/** The place of an event: its stream, the writer's number, and the event's number. */
export interface EventPlace {
  readonly stream: string;
  readonly epoch: number;
  readonly seq: number;
}

/** `<stream>.<epoch>.<seq>`, or without an epoch where streams stay on one node. Undefined for anything else. */
export function readEventId(id: string): EventPlace | undefined {
  const { stream, epoch, seq } = /^(?<stream>[\w-]+?)(?:\.(?<epoch>\d+))?\.(?<seq>\d+)$/.exec(id)?.groups ?? {};
  if (stream === undefined || seq === undefined) return undefined;
  return { stream, epoch: Number(epoch ?? 0), seq: Number(seq) };
}

/** Whether the second place comes after the first, in one stream. */
export function rises(first: EventPlace, second: EventPlace): boolean {
  return second.epoch > first.epoch || (second.epoch === first.epoch && second.seq > first.seq);
}
