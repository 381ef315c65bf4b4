/** What log lines are counted by, the gravest first. */
export const LOG_LEVELS = ['FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'] as const;

/** What a line without a level is counted as: its place after the last of LOG_LEVELS. */
export const NO_LEVEL = LOG_LEVELS.length;

/** A level stands near the beginning of a line; what a message says later is not its level. */
const PLAIN_WINDOW = 256;

/** The bytes of a line that levelOf looks at: in JSON other members may come first. */
export const LEVEL_WINDOW = 1_024;

/** Words by the level that they mean. */
const WORDS: readonly (readonly string[])[] = [
  ['fatal', 'critical', 'crit', 'emerg', 'emergency', 'alert', 'panic'],
  ['error', 'err', 'severe'],
  ['warn', 'warning'],
  ['info', 'notice', 'information'],
  ['debug'],
  ['trace', 'verbose'],
];

/** Names under which JSON lines and `key=value` lines keep their level. */
const KEYS = ['level', 'lvl', 'severity', 'loglevel'];

/** Pino's and bunyan's numbers by tens: 10 is TRACE, 60 is FATAL. Numbers between belong to the level below them. */
const BY_TENS = [NO_LEVEL, 5, 4, 3, 2, 1, 0];

interface Word {
  readonly codes: Uint8Array;
  /** A place in LOG_LEVELS, or KEY. */
  readonly meaning: number;
}

const KEY = -1;
const QUOTE = 0x22;
const BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const LESS_THAN = 0x3c;
const OTHER = 0;
const UPPER = 1;
const LOWER = 2;
const DIGIT = 3;

/** What kind of character a byte is. */
const KIND = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x41 && byte <= 0x5a) return UPPER;
  if ((byte >= 0x61 && byte <= 0x7a) || byte === 0x5f) return LOWER;
  return byte >= 0x30 && byte <= 0x39 ? DIGIT : OTHER;
});

/** Words by their first letter in lower case. */
const BY_FIRST: (readonly Word[] | undefined)[] = Array.from({ length: 256 }, () => undefined);
for (const [meaning, words] of [...WORDS.entries(), [KEY, KEYS] as const])
  for (const word of words) {
    const codes = Buffer.from(word);
    const first = codes[0] ?? 0;
    BY_FIRST[first] = [...(BY_FIRST[first] ?? []), { codes, meaning }];
  }

/**
 * The level of a log line as a place in LOG_LEVELS, or NO_LEVEL: the first word in capitals (`ERROR`), in brackets
 * (`[error]`) or under a key (`level=error`, `"level":50`, `"severity":"error"`). In JSON only keys count, because
 * messages may say anything. Makes no strings: it runs once a line over files of any size.
 * @param start of the line within the bytes
 * @param end of the line, without its line break
 */
export function levelOf(bytes: Uint8Array, start: number, end: number): number {
  const far = Math.min(end, start + LEVEL_WINDOW);
  let near = Math.min(end, start + PLAIN_WINDOW);
  let json = false;
  let at = start;
  while (at < near) {
    const byte = bytes[at] ?? 0;
    const kind = KIND[byte] ?? OTHER;
    if (kind === OTHER || kind === DIGIT) {
      if (byte === BRACE && !json && opensObject(bytes, at, far)) {
        json = true;
        near = far;
      }
      at += 1;
      continue;
    }
    const wordEnd = endOfWord(bytes, at, far);
    const meaning = meaningOf(bytes, at, wordEnd);
    if (meaning === KEY) {
      const level = valueAfter(bytes, at, wordEnd, far);
      if (level !== NO_LEVEL) return level;
    } else if (meaning !== NO_LEVEL && !json && isMarked(bytes, start, at, wordEnd)) return meaning;
    at = wordEnd;
  }
  return NO_LEVEL;
}

function opensObject(bytes: Uint8Array, brace: number, end: number): boolean {
  const next = bytes[brace + 1] === 0x20 ? brace + 2 : brace + 1;
  return next < end && bytes[next] === QUOTE;
}

function endOfWord(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  while (at < end && KIND[bytes[at] ?? 0] !== OTHER) at += 1;
  return at;
}

function meaningOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const words = BY_FIRST[(bytes[start] ?? 0) | 0x20];
  if (words === undefined) return NO_LEVEL;
  for (const { codes, meaning } of words) {
    if (codes.length !== length) continue;
    let at = 1;
    while (at < length && ((bytes[start + at] ?? 0) | 0x20) === codes[at]) at += 1;
    if (at === length) return meaning;
  }
  return NO_LEVEL;
}

/** Whether a word is a level and not a part of a sentence: in capitals, or in brackets of its own. */
function isMarked(bytes: Uint8Array, lineStart: number, start: number, end: number): boolean {
  const before = start > lineStart ? bytes[start - 1] : undefined;
  const after = bytes[end];
  if ((before === OPEN_BRACKET && after === 0x5d) || (before === LESS_THAN && after === 0x3e)) return true;
  for (let at = start; at < end; at += 1) if (KIND[bytes[at] ?? 0] !== UPPER) return false;
  return true;
}

/** The level under a key: `=` or, after a quoted name, `:`, then a word or pino's number, quoted or not. */
function valueAfter(bytes: Uint8Array, keyStart: number, keyEnd: number, end: number): number {
  const quoted = bytes[keyStart - 1] === QUOTE && bytes[keyEnd] === QUOTE;
  let at = keyEnd + (quoted ? 1 : 0);
  while (at < end && bytes[at] === 0x20) at += 1;
  if (bytes[at] !== (quoted ? 0x3a : 0x3d)) return NO_LEVEL;
  at += 1;
  while (at < end && (bytes[at] === 0x20 || bytes[at] === QUOTE)) at += 1;
  if (at >= end || KIND[bytes[at] ?? 0] === OTHER) return NO_LEVEL;
  const wordEnd = endOfWord(bytes, at, end);
  if (KIND[bytes[at] ?? 0] === DIGIT) {
    if (wordEnd - at !== 2 || KIND[bytes[at + 1] ?? 0] !== DIGIT) return NO_LEVEL;
    return BY_TENS[(bytes[at] ?? 0) - 0x30] ?? NO_LEVEL;
  }
  const meaning = meaningOf(bytes, at, wordEnd);
  return meaning === KEY ? NO_LEVEL : meaning;
}
