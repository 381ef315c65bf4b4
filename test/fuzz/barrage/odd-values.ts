import type { Draw } from './draw.js';

/** Names that mean something to JavaScript's objects. */
export const PROTOTYPE_NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'then', 'toJSON'];

const STRINGS = [
  '',
  ' ',
  '\0',
  '\r\nX-Injected: 1',
  '\uFEFF',
  '\uD800',
  '💥'.repeat(50),
  '../../../../etc/passwd',
  'test://template/%00/data',
  'test://template/%zz/data',
  'file:///etc/passwd',
  '{{7*7}}',
  '=?base64?!!!?=',
  '=?base64??=',
  '=?base64?wyg=?=',
  'a'.repeat(10_000),
  '('.repeat(5_000),
  ...PROTOTYPE_NAMES,
];
const NUMBERS = [0, -0, -1, 1.5, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, -(2 ** 53), 1e21, 1e308, 5e-324];
/** Numbers as JSON may write them, and as it may not. */
export const NUMBER_TEXTS = ['1e999', '-1e999', '1e-999', '-0', '9'.repeat(400), '0.1e1', '01', '0x10', 'NaN', '-Infinity', '1_000', '.5'];

export function oddString(draw: Draw): string {
  return draw.chance(0.1) ? 'x'.repeat(draw.between(1, 200_000)) : draw.pick(STRINGS);
}

/** A value of a type, a size or a depth that nobody expects. */
export function oddValue(draw: Draw): unknown {
  switch (draw.int(8)) {
    case 0:
      return null;
    case 1:
      return draw.chance(0.5);
    case 2:
    case 3:
      return draw.pick(NUMBERS);
    case 4:
      return draw.pick<unknown>([[], [[]], [null], {}, { '': {} }, { then: 1 }, { toString: null, valueOf: 7 }]);
    case 5:
      return Array.from({ length: draw.between(100, 2_000) }, (_none, at) => at);
    case 6:
      return nested(draw.between(2, 80), draw.chance(0.5));
    default:
      return oddString(draw);
  }
}

function nested(depth: number, objects: boolean): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = objects ? { a: value } : [value];
  return value;
}
