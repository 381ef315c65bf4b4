import { expect, it } from 'vitest';
import { cacheTargetBody, readCacheTarget } from './cache-target.js';

const id = 'q'.repeat(43);

it('P06: reads what the cache is to forget, and writes it again', () => {
  for (const by of ['tool', 'resource', 'uri', 'tag', 'key', 'all'] as const) {
    const target = { by, name: by === 'all' ? '' : id };
    expect(readCacheTarget(JSON.parse(JSON.stringify(cacheTargetBody(target))))).toEqual({ target });
  }
  expect(readCacheTarget({ tool: 'echo' })).toEqual({ target: { by: 'tool', name: 'echo' } });
});

const ONE = 'exactly one of tool, resource, uri, tag, key, all';

it.each([
  ['[]', 'body', '[]', /a JSON object/],
  ['null', 'body', 'null', /a JSON object/],
  ['"tool"', 'body', '"tool"', /a JSON object/],
  ['{}', 'body', '{}', ONE],
  ['{"tol":"echo"}', 'tol', '"echo"', ONE],
  ['{"tool":"echo","tag":"x"}', 'tag', '"x"', ONE],
  ['{"tool":"echo","all":false}', 'all', 'false', ONE],
  ['{"tool":""}', 'tool', '""', 'the name of a tool'],
  ['{"tool":7}', 'tool', '7', 'the name of a tool'],
  ['{"resource":null}', 'resource', 'null', /the name of a resource/],
  ['{"key":"short"}', 'key', '"short"', /43 characters/],
  ['{"all":false}', 'all', 'false', 'true'],
  ['{"all":"true"}', 'all', '"true"', 'true'],
  ['{"__proto__":"x"}', '__proto__', '"x"', ONE],
  ['{"toString":"x"}', 'toString', '"x"', ONE],
])('%s is refused, naming the field, what came and what was expected', (text, field, got, expected) => {
  const what = typeof expected === 'string' ? expected : (expect.stringMatching(expected) as string);
  expect(readCacheTarget(JSON.parse(text))).toEqual({ problem: { field, got, expected: what } });
});

it('says that nothing came', () => {
  expect(readCacheTarget(undefined)).toMatchObject({ problem: { field: 'body', got: 'nothing' } });
});

it('cuts what it prints', () => {
  const read = readCacheTarget({ ['x'.repeat(5_000)]: 'y'.repeat(5_000) });
  expect(JSON.stringify(read).length).toBeLessThan(400);
});
