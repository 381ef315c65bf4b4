import { expect, it } from 'vitest';
import { timestampOf } from './log-timestamp.js';

it.each([
  ['2026-11-01T08:00:00.123Z INFO x', '2026-11-01T08:00:00.123Z'],
  ['[2026-11-01 08:00:00,123] x', '2026-11-01 08:00:00,123'],
  ['2026-11-01T08:00+02:00 x', '2026-11-01T08:00+02:00'],
  ['127.0.0.1 - - [01/Nov/2026:08:00:00 +0000] "GET / HTTP/1.1"', '01/Nov/2026:08:00:00 +0000'],
  ['{"level":30,"time":1793520000123,"msg":"2020-01-01T00:00:00Z"}', '2026-11-01T08:00:00.123Z'],
  ['{"ts":1793520000.5}', '2026-11-01T08:00:00.500Z'],
  ['{"time":"2026-11-01T08:00:00Z"}', '2026-11-01T08:00:00Z'],
  ['    at run (worker.js:1:1)', undefined],
  ['{"time":17}', undefined],
  [`${'x'.repeat(2_000)} 2026-11-01T08:00:00Z`, undefined],
])('S12: %s was written at %s', (line, timestamp) => {
  expect(timestampOf(line)).toBe(timestamp);
});
