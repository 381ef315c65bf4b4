/** What can be told the cache to forget, and what its name has to be. */
const EXPECTED = {
  tool: 'the name of a tool',
  resource: 'the name of a resource or of a resource template',
  uri: 'the URI of a resource',
  tag: 'a tag that a tool or a resource declares',
  key: 'the id of an entry, 43 characters, as GET /admin/cache shows it',
  all: 'true',
} as const;

type CacheTargetKind = keyof typeof EXPECTED;
const CACHE_TARGETS = Object.keys(EXPECTED) as readonly CacheTargetKind[];

/** What the cache is to forget. Over the wire it is an object with one member: `{"tool": "analyze_dataset"}`. */
export interface CacheTarget {
  readonly by: CacheTargetKind;
  /** `''` for all. */
  readonly name: string;
}

/** Why a body was not taken, ready to print. */
export interface TargetProblem {
  readonly field: string;
  readonly got: string;
  readonly expected: string;
}

const ONE_OF = `exactly one of ${CACHE_TARGETS.join(', ')}`;

/** Characters; a body has 8 KiB at the most, and no name that we serve is longer. */
const MAX_NAME = 4_000;

/** A SHA-256 in base64url. */
const ENTRY_ID = /^[\w-]{43}$/;

/** Reads what came; manager and nodes refuse the same. */
export function readCacheTarget(body: unknown): { readonly target: CacheTarget } | { readonly problem: TargetProblem } {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return wrong('body', body, 'a JSON object like {"tool": "analyze_dataset"}');
  const [first, second] = Object.entries(body) as [string, unknown][];
  if (first === undefined) return wrong('body', body, ONE_OF);
  const [name, value] = first;
  const by = CACHE_TARGETS.find((known) => known === name);
  if (by === undefined || second !== undefined) return wrong(...(second ?? first), ONE_OF);
  if (by === 'all') return value === true ? { target: { by, name: '' } } : wrong(by, value, EXPECTED.all);
  return isName(value) && (by !== 'key' || ENTRY_ID.test(value))
    ? { target: { by, name: value } }
    : wrong(by, value, EXPECTED[by]);
}

/** The body that `readCacheTarget` reads. */
export function cacheTargetBody({ by, name }: CacheTarget): Readonly<Record<string, string | true>> {
  return { [by]: by === 'all' ? true : name };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME;
}

function wrong(field: string, value: unknown, expected: string): { problem: TargetProblem } {
  const got = value === undefined ? 'nothing' : cut(JSON.stringify(value), 100);
  return { problem: { field: cut(field, 50), got, expected } };
}

/** Text from outside must not fill an answer or a log. */
function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
