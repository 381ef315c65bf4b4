import { describe, expect, it } from 'vitest';
import { fieldPrompt, fieldsOf, readField, type Field } from './question.view.js';

const field = (schema: object, required = true): Field => ({ name: 'it', required, schema });
const titled = [
  { const: 'hi', title: 'High' },
  { const: 'lo', title: 'Low' },
];

describe('a form', () => {
  it('S18: has its fields in their order, with what is required', () => {
    const properties = { name: { type: 'string' }, age: { type: 'integer' } };
    expect(fieldsOf({ type: 'object', properties, required: ['age'] })).toEqual([
      { name: 'name', required: false, schema: { type: 'string' } },
      { name: 'age', required: true, schema: { type: 'integer' } },
    ]);
    expect(fieldsOf(undefined)).toEqual([]);
  });

  it.each([
    [field({ type: 'boolean', title: 'Delete it' }), '  Delete it (yes or no, required): '],
    [field({ type: 'boolean', default: true }), '  it (yes or no, default yes): '],
    [field({ type: 'integer', description: 'Your age' }, false), '  it: Your age (a whole number, may be empty): '],
    [field({ type: 'string', enum: ['a', 'b'], default: 'b' }), '  it (one of a, b, default b): '],
    [field({ type: 'string', enum: ['a', 'b'], enumNames: ['A!', 'B!'] }), '  it (one of A!, B!, required): '],
    [field({ type: 'string', oneOf: titled }), '  it (one of High, Low, required): '],
    [
      field({ type: 'array', items: { anyOf: titled }, default: ['hi'] }),
      '  it (some of High, Low, separated by commas, default hi): ',
    ],
    [field({ type: 'string', title: 'a\u001b[2J' }), '  a [2J (text, required): '],
  ])('S18: asks for %j', (asked, prompt) => {
    expect(fieldPrompt(asked)).toBe(prompt);
  });

  it.each([
    [field({ type: 'boolean' }), 'Y', true],
    [field({ type: 'boolean' }), 'no', false],
    [field({ type: 'boolean', default: false }), '', false],
    [field({ type: 'integer' }), ' 7 ', 7],
    [field({ type: 'number' }), '0.5', 0.5],
    [field({ type: 'string' }), 'two words', 'two words'],
    [field({ type: 'string' }, false), '', undefined],
    [field({ type: 'string', oneOf: titled }), 'high', 'hi'],
    [field({ type: 'string', oneOf: titled }), 'lo', 'lo'],
    [field({ type: 'string', enum: ['a'], enumNames: ['First'] }), 'first', 'a'],
    [field({ type: 'array', items: { anyOf: titled } }), 'High, lo', ['hi', 'lo']],
    [field({ type: 'array', items: { type: 'string', enum: ['x', 'y'] } }), 'x', ['x']],
  ])('S18: %j takes %j as %j', (asked, typed, value) => {
    expect(readField(asked, typed)).toEqual({ value });
  });

  it.each([
    [field({ type: 'boolean' }), 'maybe', 'expected yes or no, got "maybe"'],
    [field({ type: 'integer' }), '1.5', 'expected a whole number, got "1.5"'],
    [field({ type: 'number' }), 'many', 'expected a number, got "many"'],
    [field({ type: 'string' }), '  ', 'expected text, got nothing'],
    [field({ type: 'string', enum: ['a', 'b'] }), 'c', 'expected one of a, b, got "c"'],
    [field({ type: 'array', items: { enum: ['a'] } }), 'a, z', 'expected some of a, separated by commas, got "a, z"'],
  ])('S18: %j does not take %j', (asked, typed, problem) => {
    expect(readField(asked, typed)).toEqual({ problem });
  });
});
