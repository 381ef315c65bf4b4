import { describe, expect, it } from 'vitest';
import { readAddedNode } from './added-node.js';

describe('the body of POST /admin/nodes', () => {
  it('is nothing where a node is to be started', () => {
    expect(readAddedNode(undefined, 9464)).toBeUndefined();
    expect(readAddedNode({}, 9464)).toBeUndefined();
  });

  it('says where the node is, and where it is managed', () => {
    expect(readAddedNode({ url: 'http://a:3001/' }, 9464)).toEqual({
      key: 'http://a:3001',
      origin: 'http://a:3001',
      managementOrigin: 'http://a:9464',
    });
    expect(readAddedNode({ url: 'http://[fd00::1]:3001', managementUrl: 'http://b:1' }, 9464)).toMatchObject({
      origin: 'http://[fd00::1]:3001',
      managementOrigin: 'http://b:1',
    });
  });

  it.each([
    ['[]', 'body', '[]'],
    ['"http://a"', 'body', '"http://a"'],
    ['{"url":7}', 'url', '7'],
    ['{"url":"https://a"}', 'url', '"https://a"'],
    ['{"url":"http://a/mcp"}', 'url', '"http://a/mcp"'],
    ['{"url":"http://user:pass@a"}', 'url', '"http://user:pass@a"'],
    ['{"url":"file:///etc/passwd"}', 'url', '"file:///etc/passwd"'],
    ['{"url":"http://a","managementUrl":"a:1"}', 'managementUrl', '"a:1"'],
    ['{"managementUrl":"http://a"}', 'url', 'nothing'],
    ['{"uri":"http://a"}', 'uri', '"http://a"'],
  ])('%s is refused, naming the field', (text, field, got) => {
    expect(() => readAddedNode(JSON.parse(text), 9464)).toThrow(
      expect.objectContaining({ status: 400, problem: expect.objectContaining({ field, got }) as object }) as Error,
    );
  });

  it('cuts what it prints', () => {
    expect(() => readAddedNode({ url: 'x'.repeat(10_000) }, 1)).toThrow(/^.{0,250}$/);
  });
});
