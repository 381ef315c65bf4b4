import { describe, expect, it } from 'vitest';
import { embedded, image, resourceContents, structured } from './content.js';
import { jsonSchema } from './json-schema.js';

describe('content', () => {
  it('encodes bytes, also those of a view into a larger buffer, and leaves base64 as it is', () => {
    const view = new Uint8Array([0, 1, 2, 3, 4]).subarray(1, 4);
    expect(image(view, 'image/png')).toEqual({ type: 'image', data: 'AQID', mimeType: 'image/png' });
    expect(image('AQID', 'image/png').data).toBe('AQID');
  });

  it('sends a resource as text or as bytes', () => {
    expect(embedded({ uri: 'a://b', mimeType: 'text/plain', text: 't' }).resource).toEqual({
      uri: 'a://b',
      mimeType: 'text/plain',
      text: 't',
    });
    expect(resourceContents({ uri: 'a://b', blob: new Uint8Array([1]) })).toEqual({
      contents: [{ uri: 'a://b', blob: 'AQ==' }],
    });
  });

  it('puts a summary beside a structured value', () => {
    expect(structured({ count: 1 }, 'one')).toEqual({
      content: [{ type: 'text', text: 'one' }],
      structuredContent: { count: 1 },
    });
  });
});

describe('jsonSchema', () => {
  it('checks by the schema that it sends', () => {
    const schema = jsonSchema({
      type: 'object',
      properties: { n: { type: 'integer' } },
      required: ['n'],
      additionalProperties: false,
    });
    expect(schema.check({ n: 1 })).toEqual({ ok: true, value: { n: 1 } });
    const refused = schema.check({ n: 'x' });
    expect(!refused.ok && refused.issues.join()).toContain('n');
  });
});
