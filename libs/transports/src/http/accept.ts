import { BoundedMap } from '@mcp-cluster/kernel';

/** Which kinds of answer a client takes. */
export interface Accepts {
  readonly json: boolean;
  readonly sse: boolean;
}

/** Clients send a handful of different headers; the bound is for those that do not. */
const seen = new BoundedMap<string, Accepts>(64);

/** What an Accept header allows. A client that sends none is one that takes anything (RFC 9110). */
export function readAccept(header: string | undefined): Accepts {
  if (header === undefined) return BOTH;
  let accepts = seen.get(header);
  if (accepts === undefined) {
    accepts = parse(header);
    seen.set(header, accepts);
  }
  return accepts;
}

const BOTH: Accepts = { json: true, sse: true };

function parse(header: string): Accepts {
  const types = header.split(',').map((part) => {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    return parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)) ? '' : type;
  });
  const any = types.includes('*/*');
  return {
    json: any || types.includes('application/json') || types.includes('application/*'),
    sse: any || types.includes('text/event-stream') || types.includes('text/*'),
  };
}
