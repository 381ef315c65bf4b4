import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compileParamHeaders } from './param-headers.js';
import { compileJsonSchema } from './schema.js';

const KEY = 'x-mcp-header';
const schema = (properties: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  type: 'object' as const,
  properties,
  ...more,
});
const compile = (given: ReturnType<typeof schema>) => compileParamHeaders(given, 'tool');

describe('x-mcp-header', () => {
  it('is found on properties, nested ones too, with its path and whether it is a number', () => {
    const found = compile(
      schema({
        region: { type: 'string', [KEY]: 'Region' },
        plain: { type: 'string' },
        options: {
          type: 'object',
          properties: { count: { type: 'integer', [KEY]: 'Count' }, dry: { type: 'boolean', [KEY]: 'Dry' } },
        },
      }),
    );
    expect(found).toEqual([
      { header: 'mcp-param-region', path: ['region'], numeric: false },
      { header: 'mcp-param-count', path: ['options', 'count'], numeric: true },
      { header: 'mcp-param-dry', path: ['options', 'dry'], numeric: false },
    ]);
  });

  it('comes from a zod schema’s metadata', () => {
    const input = z.object({ region: z.string().meta({ [KEY]: 'Region' }) });
    expect(compileParamHeaders(compileJsonSchema(input, 'input', 'tool t'), 't')).toMatchObject([
      { header: 'mcp-param-region' },
    ]);
  });

  it('is nothing special as the name of an argument', () => {
    expect(compile(schema({ [KEY]: { type: 'string' } }))).toEqual([]);
  });

  it.each<[string, ReturnType<typeof schema>, string]>([
    ['an empty name', schema({ a: { type: 'string', [KEY]: '' } }), 'a: expected an RFC 9110 token'],
    ['a name with a space', schema({ a: { type: 'string', [KEY]: 'A B' } }), 'expected an RFC 9110 token'],
    ['a name with a colon', schema({ a: { type: 'string', [KEY]: 'A:B' } }), 'expected an RFC 9110 token'],
    ['a name with a line break', schema({ a: { type: 'string', [KEY]: 'A\r\nB: c' } }), 'expected an RFC 9110 token'],
    ['a name that is no text', schema({ a: { type: 'string', [KEY]: 7 } }), 'expected an RFC 9110 token, got 7'],
    ['a number', schema({ a: { type: 'number', [KEY]: 'A' } }), 'only string, integer and boolean'],
    ['an object', schema({ a: { type: 'object', [KEY]: 'A' } }), 'only string, integer and boolean'],
    ['several types', schema({ a: { type: ['string', 'null'], [KEY]: 'A' } }), 'only string, integer and boolean'],
    ['no type', schema({ a: { [KEY]: 'A' } }), 'only string, integer and boolean'],
    [
      'the same name twice',
      schema({ a: { type: 'string', [KEY]: 'A' }, b: { type: 'string', [KEY]: 'a' } }),
      'more than their case',
    ],
    [
      'items of a list',
      schema({ a: { type: 'array', items: { type: 'string', [KEY]: 'A' } } }),
      'through "properties" alone',
    ],
    ['one of several forms', schema({ a: { oneOf: [{ type: 'string', [KEY]: 'A' }] } }), 'through "properties" alone'],
    ['a definition', schema({}, { $defs: { a: { type: 'string', [KEY]: 'A' } } }), 'through "properties" alone'],
    ['the schema itself', schema({}, { [KEY]: 'A' }), 'through "properties" alone'],
    [
      'additional properties',
      schema({}, { additionalProperties: { type: 'string', [KEY]: 'A' } }),
      'through "properties" alone',
    ],
  ])('is refused on %s', (_what, given, message) => {
    expect(() => compile(given)).toThrow(message);
    expect(() => compile(given)).toThrow(expect.objectContaining({ code: 'bad_param_header' }));
  });
});
