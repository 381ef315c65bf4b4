import type { Draw } from './draw.js';
import { NUMBER_TEXTS, oddString, oddValue, PROTOTYPE_NAMES } from './odd-values.js';

type Json = Record<string, unknown>;

/** Changes one place of the message: another type, another name, nothing, or the same thing once more. */
export function mutateStructure(draw: Draw, message: Readonly<Json>): Json {
  const copy = structuredClone(message);
  const places: (readonly [Json, string])[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node as Json, key]);
      walk((node as Json)[key]);
    }
  };
  walk(copy);
  if (places.length === 0) return copy;
  const [owner, key] = draw.pick(places);
  switch (draw.int(6)) {
    case 0:
      Reflect.deleteProperty(owner, key);
      break;
    case 1:
      owner[draw.chance(0.5) ? key.toUpperCase() : oddString(draw)] = owner[key];
      Reflect.deleteProperty(owner, key);
      break;
    case 2:
      owner[key] = draw.pick([[owner[key]], { value: owner[key] }, JSON.stringify(owner[key])]);
      break;
    case 3:
      // Names of methods, tools, prompts, log levels and URIs all pass through tables that are keyed by them.
      owner[key] = draw.pick(PROTOTYPE_NAMES);
      break;
    default:
      owner[key] = oddValue(draw);
  }
  return copy;
}

/** Changes JSON text in ways that an object in memory cannot express. */
export function mutateText(draw: Draw, text: string): string {
  switch (draw.int(8)) {
    case 0:
      return afterBrace(draw, text, `"${draw.pick(PROTOTYPE_NAMES)}":${draw.pick(['{"polluted":true}', 'null', '1', '[]'])},`);
    case 1:
      return afterBrace(draw, text, draw.pick(['"id":9,', '"method":"tools/list",', '"params":{},', '"jsonrpc":"1.0",', '"id":9,"id":8,']));
    case 2:
      return text.replace(/-?\d+(?=[,}\]])/, draw.pick(NUMBER_TEXTS));
    case 3: {
      const depth = draw.pick([60, 65, 1_000, 20_000]);
      return text.replace(/:("[^"]*"|\d+)/, `:${'['.repeat(depth)}${draw.chance(0.5) ? ']'.repeat(depth) : ''}`);
    }
    case 4:
      return draw.pick([`${text}${text}`, `${text}\n`, ` \t\r\n${text}`, `${text},`, `${text}\0`, `//c\n${text}`, `(${text})`]);
    case 5:
      return text.replaceAll('"', draw.pick(["'", '\\"', '\\u0022', '”']));
    case 6:
      return text.replace(/"([a-z])/, (_all, letter: string) => `"\\u00${letter.charCodeAt(0).toString(16)}`);
    default:
      return draw.pick(['', 'null', 'true', '0', '""', '{}', '[]', '[[]]', '"x"', '[1,2,3]', 'undefined', '{"jsonrpc":"2.0"}']);
  }
}

const BAD_UTF8 = ['c080', 'eda080', 'f8888080', 'ff', 'c3', 'f4908080', 'e28228', '80'].map((hex) => Buffer.from(hex, 'hex'));

/** Changes bytes without a look at what they mean. */
export function mutateBytes(draw: Draw, body: Buffer): Buffer {
  const at = draw.int(body.length + 1);
  const until = Math.min(body.length, at + draw.between(1, 40));
  switch (draw.int(8)) {
    case 0:
    case 1: {
      const copy = Buffer.from(body);
      for (let flips = draw.between(1, 6); flips > 0 && copy.length > 0; flips -= 1) {
        const flipped = draw.int(copy.length);
        copy[flipped] = copy[flipped]! ^ (1 << draw.int(8));
      }
      return copy;
    }
    case 2:
      return body.subarray(0, at);
    case 3:
      return Buffer.concat([body.subarray(0, at), draw.bytes(draw.between(1, 30)), body.subarray(at)]);
    case 4:
      return Buffer.concat([body.subarray(0, at), body.subarray(until)]);
    case 5:
      return Buffer.concat([body.subarray(0, until), body.subarray(at)]);
    case 6:
      return Buffer.concat([body.subarray(0, at), draw.pick(BAD_UTF8), body.subarray(at)]);
    default:
      return draw.pick([
        Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]),
        Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(body.toString('utf8'), 'utf16le')]),
        Buffer.from(body.toString('utf8'), 'utf16le'),
        draw.bytes(draw.between(0, 300)),
      ]);
  }
}

function afterBrace(draw: Draw, text: string, added: string): string {
  const braces = [...text.matchAll(/\{/g)].map(({ index }) => index + 1);
  if (braces.length === 0) return added;
  const at = draw.pick(braces);
  return text.slice(0, at) + added + text.slice(at);
}
