import { FAILPOINTS, type Failpoint } from '@mcp-cluster/kernel';
import { z } from 'zod';

/** How the text of one setting becomes a value. The schema's one message says what was expected. */
export interface Kind<T> {
  readonly schema: z.ZodPipe<z.ZodString, z.ZodTransform<T, string>>;
  readonly type: string;
  readonly bare: boolean;
}

/** @param parse the value, or undefined when the text is not one */
function kind<T>(type: string, expected: string, parse: (text: string) => T | undefined, bare = false): Kind<T> {
  const schema = z.string().transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
  return { schema, type, bare };
}

/** `unit` is for people; `because` says where the bounds come from, and is part of the refusal. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  readonly because: string;
}

export function integer({ min, max, unit, because }: Bounds): Kind<number> {
  const range = `${String(min)} to ${String(max)}`;
  return kind(`${range} ${unit}`, `an integer from ${range} ${unit}: ${because}`, (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : -1;
    return value >= min && value <= max ? value : undefined;
  });
}

/** A TCP port; 0 asks the system for any free one, unless another program has to know it beforehand. */
export function port({ zero }: { zero: boolean }): Kind<number> {
  const min = zero ? 0 : 1;
  const expected = `a TCP port from ${String(min)} to 65535${zero ? ' (0: any free one)' : ''}`;
  return kind('port', expected, (text) => {
    const value = /^\d{1,5}$/.test(text) ? Number(text) : -1;
    return value >= min && value <= 65_535 ? value : undefined;
  });
}

const SWITCH: ReadonlyMap<string, boolean> = new Map([
  ...['on', 'true', '1'].map((text) => [text, true] as const),
  ...['off', 'false', '0'].map((text) => [text, false] as const),
]);

/** Anything else is refused: a misspelt one must not silently be off. */
export const onOff: Kind<boolean> = kind(
  'on or off',
  'on or off, or true or false (the flag alone means on)',
  (text) => SWITCH.get(text),
  true,
);

export function choice<const T extends string>(values: readonly T[]): Kind<T> {
  return kind(values.join(', '), `one of ${values.join(', ')}`, (text) => values.find((value) => value === text));
}

/** Text without control characters; a path or a name. At most 4,096 characters: the longest path Linux takes. */
export function text(type: string): Kind<string> {
  return kind(type, `a ${type} of 1 to 4096 characters without control characters`, (value) =>
    // eslint-disable-next-line no-control-regex -- refusing control characters is the point
    value !== '' && value.length <= 4_096 && !/[\u0000-\u001f\u007f]/.test(value) ? value : undefined,
  );
}

/** An address or a name to listen on or to look up. A host name has at most 253 characters (RFC 1035). */
export const host: Kind<string> = kind('host', 'a host name or an IP address, without scheme and port', (value) =>
  value.length <= 253 && /^[A-Za-z0-9_.:-]+$/.test(value) && !/^[^:]+:\d+$/.test(value) ? value : undefined,
);

/** What may stand in an id: it goes into logs, metrics and session ids. The same rule as for request ids. */
export const id: Kind<string> = kind('id', '1 to 64 letters, digits, dots, dashes and underscores', (value) =>
  /^[A-Za-z0-9_.-]{1,64}$/.test(value) ? value : undefined,
);

/** How many entries a list may have: each is compared with every request, and people write such lists by hand. */
const LIST_LIMIT = 100;

/** Host names, each standing for every port of that host; `*` allows all. IPv6 addresses are in brackets. */
export const hostNames: Kind<string[]> = list(
  'host names',
  'host names without scheme and port, separated by commas (example.com,[::1]), or *',
  (entry) =>
    /^(\*|[a-z0-9_]([a-z0-9_.-]{0,252})|\[[0-9a-f:.]+\])$/.test(entry.toLowerCase()) ? entry.toLowerCase() : undefined,
);

/** Origins of http and https servers, without a path. */
export const baseUrls: Kind<string[]> = list(
  'URLs',
  'http or https URLs without path, separated by commas (http://10.0.0.5:3001)',
  (entry) => bareOrigin(entry, ['http:', 'https:']),
);

/** Where a node is reached. Nodes speak no TLS themselves, so that only http can be true. */
export const nodeUrl: Kind<string> = kind('URL', 'an http URL without path (http://10.0.0.5:3001)', (value) =>
  bareOrigin(value, ['http:']),
);

/** Places in the code at which a fault test ends a process. */
export const failpoints: Kind<Failpoint[]> = list(
  'names',
  `names of ${FAILPOINTS.join(' ')}, separated by commas`,
  (entry) => FAILPOINTS.find((known) => known === entry),
);

export const redisUrl: Kind<string> = kind(
  'URL or none',
  'none, or a URL like redis://host:6379 or rediss://user:password@host:6379/0',
  (value) => {
    if (value === 'none') return value;
    const url = URL.parse(value);
    return url !== null && ['redis:', 'rediss:'].includes(url.protocol) && url.hostname !== '' ? value : undefined;
  },
);

/** How keys begin. Forty characters: each of some hundred thousand keys carries them. */
export const redisPrefix: Kind<string> = kind(
  'prefix',
  '1 to 40 letters, digits, colons, dashes, underscores and dots',
  (value) => (/^[A-Za-z0-9:_.-]{1,40}$/.test(value) ? value : undefined),
);

/** Text that only the cluster knows; the rules are in cluster-key.ts. */
export function secret(expected: string, isStrong: (value: string) => boolean): Kind<string> {
  return kind('secret', expected, (value) => (isStrong(value) ? value : undefined));
}

/** The origin of a URL that says nothing else. */
function bareOrigin(text: string, protocols: readonly string[]): string | undefined {
  const url = URL.parse(text);
  // The serialised URL of a bare origin is the origin and a slash: anything more is a path, a query or a user.
  const bare = url !== null && protocols.includes(url.protocol) && url.href === `${url.origin}/`;
  return bare ? url.origin : undefined;
}

function list<T extends string>(type: string, expected: string, parse: (entry: string) => T | undefined): Kind<T[]> {
  return kind(type, `${expected}; at most ${String(LIST_LIMIT)}`, (text) => {
    const entries = text.split(',').map((entry) => parse(entry.trim()));
    const good = entries.filter((entry) => entry !== undefined);
    return good.length === entries.length && good.length <= LIST_LIMIT ? [...new Set(good)] : undefined;
  });
}
