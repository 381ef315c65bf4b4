import { randomInt, type Rng } from '@mcp-cluster/kernel';
import { pick, sample, type Json, type JsonObject } from './corpus.js';

/** One way to spoil a body. */
export type BodyMutation = (rng: Rng, message: JsonObject) => Buffer;

const bytes = (value: Json): Buffer => Buffer.from(JSON.stringify(value));

const ODD_VALUES: readonly Json[] = [
  null, true, false, 0, -1, 1, 0.5, 2 ** 53, 1e308, -1e308, '', ' ', '0', 'null', '__proto__', 'constructor',
  '\u0000', '\ud800', '💥', 'x'.repeat(5_000), '../../etc/passwd', 'file:///etc/passwd', '{{7*7}}', '2026-07-28',
  [], [[]], [null], {}, { a: {} }, { toString: 1 }, { then: 'x' }, { length: -1 },
]; // prettier-ignore

/** Keys that mean something to JavaScript or to the protocol. */
const ODD_KEYS = [
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', '', 'jsonrpc', 'id', 'method', 'params',
  'arguments', '_meta', 'progressToken', 'inputResponses', 'requestState', 'cursor', 'io.modelcontextprotocol/protocolVersion',
]; // prettier-ignore

/** Numbers as text, as no JSON.stringify writes them. */
const ODD_NUMBERS = [
  '1e999999',
  '-1e999999',
  '-0',
  '1'.repeat(400),
  '0.'.padEnd(400, '1'),
  '1E-400',
  '01',
  '+1',
  '.5',
  'NaN',
  '0x10',
];

interface Place {
  readonly holder: Json[] | JsonObject;
  readonly key: string | number;
}

/** Every place in a message where a value stands. */
function places(value: Json, found: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    const place = Array.isArray(value) ? { holder: value, key: Number(key) } : { holder: value, key };
    found.push(place);
    places((value as JsonObject)[key] as Json, found);
  }
  return found;
}

/** A copy is put, because a later mutation may change it; as an own field, also when the key is `__proto__`. */
function put({ holder, key }: Place, value: Json): void {
  Object.defineProperty(holder, key, {
    value: structuredClone(value),
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function swapTypes(rng: Rng, message: JsonObject): Buffer {
  const copy = structuredClone(message);
  for (let turn = randomInt(rng, 3); turn >= 0; turn -= 1) put(pick(rng, places(copy)), pick(rng, ODD_VALUES));
  return bytes(copy);
}

function dropFields(rng: Rng, message: JsonObject): Buffer {
  const copy = structuredClone(message);
  const { holder, key } = pick(rng, places(copy));
  Reflect.deleteProperty(holder, key);
  return bytes(copy);
}

function addKeys(rng: Rng, message: JsonObject): Buffer {
  const copy = structuredClone(message);
  const holders = [copy, ...places(copy).map(({ holder }) => holder)].filter((holder) => !Array.isArray(holder));
  put({ holder: pick(rng, holders), key: pick(rng, ODD_KEYS) }, pick(rng, [...ODD_VALUES, { x: 1 }, message]));
  return bytes(copy);
}

/** Up to 100,000 levels: a recursive reader falls over long before. */
function nestDeeply(rng: Rng, message: JsonObject): Buffer {
  const depth = pick(rng, [10, 63, 64, 65, 1_000, 100_000]);
  const [open, close] = pick(rng, [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const);
  const copy = structuredClone(message);
  put(pick(rng, places(copy)), 'NEST');
  const nested = open.repeat(depth) + '1' + (randomInt(rng, 5) === 0 ? '' : close.repeat(depth));
  return Buffer.from(JSON.stringify(copy).replace('"NEST"', () => nested));
}

function writeNumbers(rng: Rng, message: JsonObject): Buffer {
  const copy = structuredClone(message);
  put(pick(rng, places(copy)), 'NUMBER');
  return Buffer.from(JSON.stringify(copy).replace('"NUMBER"', pick(rng, ODD_NUMBERS)));
}

/** The same key again, with another value, anywhere. */
function repeatKeys(rng: Rng, message: JsonObject): Buffer {
  const keys = ['jsonrpc', 'id', 'method', 'params', 'name', 'arguments', '_meta', '__proto__'];
  const repeated = `{${JSON.stringify(pick(rng, keys))}:${JSON.stringify(pick(rng, ODD_VALUES))},`;
  const text = JSON.stringify(message);
  const openings = [...text.matchAll(/\{(?=")/g)].map(({ index }) => index);
  const at = pick(rng, openings);
  return Buffer.from(text.slice(0, at) + repeated + text.slice(at + 1));
}

function flipBits(rng: Rng, message: JsonObject): Buffer {
  const body = bytes(message);
  for (let turn = randomInt(rng, 4); turn >= 0; turn -= 1) {
    const at = randomInt(rng, body.length);
    body.writeUInt8(body.readUInt8(at) ^ (1 << randomInt(rng, 8)), at);
  }
  return body;
}

function truncate(rng: Rng, message: JsonObject): Buffer {
  const body = bytes(message);
  return body.subarray(0, randomInt(rng, body.length));
}

function breakUtf8(rng: Rng, message: JsonObject): Buffer {
  const body = bytes(message);
  const bad = pick(rng, ['ff', 'c0af', 'eda080', 'f5808080', 'e282', '80', 'fefe', '00']);
  const at = randomInt(rng, body.length);
  return Buffer.concat([body.subarray(0, at), Buffer.from(bad, 'hex'), body.subarray(at)]);
}

function encodeOtherwise(rng: Rng, message: JsonObject): Buffer {
  const text = JSON.stringify(message);
  return pick(rng, [
    Buffer.from(`\ufeff${text}`),
    Buffer.from(text, 'utf16le'),
    Buffer.from(text, 'latin1'),
    Buffer.from(`${text}\n${text}`),
    Buffer.from(`  \r\n\t${text}\n\n`),
    Buffer.from(encodeURIComponent(text)),
  ]);
}

function batch(rng: Rng): Buffer {
  const size = pick(rng, [0, 1, 2, 5, 99, 101, 500]);
  return bytes(
    Array.from({ length: size }, () =>
      pick<Json>(rng, [sample(rng).message, sample(rng).message, pick(rng, ODD_VALUES)]),
    ),
  );
}

function noMessage(rng: Rng): Buffer {
  return pick(rng, [
    bytes(pick(rng, ODD_VALUES)),
    Buffer.alloc(0),
    rng.bytes(randomInt(rng, 200)),
    Buffer.from('{'),
    Buffer.from('[,]'),
  ]);
}

function manyValues(rng: Rng, message: JsonObject): Buffer {
  const copy = structuredClone(message);
  put(pick(rng, places(copy)), 'MANY');
  return Buffer.from(JSON.stringify(copy).replace('"MANY"', () => `[${'0,'.repeat(150_000)}0]`));
}

/** Over the limit of 4 MiB. */
function tooLarge(rng: Rng, message: JsonObject): Buffer {
  const copy = structuredClone(message);
  put(pick(rng, places(copy)), 'x'.repeat(4 * 1024 * 1024 + randomInt(rng, 1_000)));
  return bytes(copy);
}

const untouched: BodyMutation = (_rng, message) => bytes(message);

/** The mutations and how many of a thousand bodies get each; the costly ones are rare, to leave room for the others. */
const WEIGHTS: readonly (readonly [number, string, BodyMutation])[] = [
  [150, 'swap-types', swapTypes],
  [60, 'drop-fields', dropFields],
  [90, 'add-keys', addKeys],
  [40, 'nest-deeply', nestDeeply],
  [70, 'odd-numbers', writeNumbers],
  [70, 'repeat-keys', repeatKeys],
  [120, 'flip-bits', flipBits],
  [80, 'truncate', truncate],
  [60, 'break-utf8', breakUtf8],
  [40, 'other-encoding', encodeOtherwise],
  [40, 'batch', batch],
  [40, 'no-message', noMessage],
  [6, 'many-values', manyValues],
  [4, 'too-large', tooLarge],
  [130, 'untouched', untouched],
];

const TOTAL = WEIGHTS.reduce((sum, [weight]) => sum + weight, 0);

/** A body made of a good message, and the name of what was done to it. */
export function mutateBody(rng: Rng, message: JsonObject): { body: Buffer; name: string } {
  let left = randomInt(rng, TOTAL);
  for (const [weight, name, mutate] of WEIGHTS) {
    left -= weight;
    if (left < 0) return { body: mutate(rng, message), name };
  }
  throw new Error('unreachable: the weights add up to the total');
}
