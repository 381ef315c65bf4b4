import { describe, expect, it } from 'vitest';
import { resourceText, resultText, timingsText } from './result.view.js';

describe('a result', () => {
  it('S18: is its text, with kind and size of what is not text', () => {
    const image = Buffer.alloc(300).toString('base64');
    expect(
      resultText({
        content: [
          { type: 'text', text: 'A: 1 row' },
          { type: 'image', mimeType: 'image/png', data: image },
          { type: 'resource_link', uri: 'logs://app.log', name: 'app.log', description: 'the last run' },
          { type: 'resource', resource: { uri: 'logs://app.log', text: 'line' } },
        ],
      }),
    ).toBe('A: 1 row\n[image/png, 300 bytes]\n→ logs://app.log (the last run)\nline');
  });

  it('of a resource names what it cannot print', () => {
    const contents = [
      { uri: 'logs://a', text: 'first' },
      { uri: 'logs://b', blob: Buffer.alloc(3).toString('base64') },
    ];
    expect(resourceText({ contents })).toBe('first\n[binary, 3 bytes]');
  });

  it('S18: ends with its timings', () => {
    expect(timingsText({ connectMs: 12.4, firstEventMs: 850, totalMs: 12_340, events: 1 })).toBe(
      'connected in 12 ms · first event after 850 ms · total 12.3 s · 1 progress event',
    );
    expect(timingsText({ connectMs: 0, firstEventMs: 0, totalMs: 0, events: 20 })).toMatch(/20 progress events$/);
    expect(timingsText({ connectMs: 0, firstEventMs: 0, totalMs: 0, events: 0, taskStates: 3 })).toMatch(
      /0 progress events · 3 task states$/,
    );
  });
});
