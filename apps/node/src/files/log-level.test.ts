import { describe, expect, it } from 'vitest';
import { LOG_LEVELS, levelOf } from './log-level.js';

function nameOf(line: string): string | undefined {
  const bytes = Buffer.from(`before ERROR\n${line}`);
  return LOG_LEVELS[levelOf(bytes, 13, bytes.length)];
}

describe('levelOf', () => {
  it.each([
    ['2026-11-01T08:00:00.000Z ERROR [worker-1] job 1 failed', 'ERROR'],
    ['2026-11-01 08:00:00,123 WARN  com.example.Main - slow', 'WARN'],
    ['WARNING: deprecated', 'WARN'],
    ['INFO:root:started', 'INFO'],
    ['SEVERE: broken', 'ERROR'],
    ['[error] 7#7: *1 open() failed', 'ERROR'],
    ['2026/11/01 08:00:00 [warn] 7#7: slow', 'WARN'],
    ['<info> NetworkManager started', 'INFO'],
    ['[DEBUG] x', 'DEBUG'],
    ['TRACE x', 'TRACE'],
    ['FATAL x', 'FATAL'],
    ['CRITICAL x', 'FATAL'],
    ['NOTICE x', 'INFO'],
    ['time=2026-11-01 level=error msg="x"', 'ERROR'],
    ['lvl="warn" msg=INFO', 'WARN'],
    ['{"level":10,"time":1}', 'TRACE'],
    ['{"level":20}', 'DEBUG'],
    ['{"level":30,"msg":"ERROR"}', 'INFO'],
    ['{"level":35}', 'INFO'],
    ['{"level":40}', 'WARN'],
    ['{"time":1,"level" : 50}', 'ERROR'],
    ['{"level":60}', 'FATAL'],
    ['{ "msg":"FATAL accident","severity":"debug"}', 'DEBUG'],
    ['{"message":"x","level":"Information"}', 'INFO'],
    ['2026-11-01T08:00:00Z stdout F {"level":50,"msg":"INFO"}', 'ERROR'],
  ])('S12: %s is %s', (line, level) => {
    expect(nameOf(line)).toBe(level);
  });

  it.each([
    '',
    'no error was found',
    'Error: boom',
    '    at run (error.js:1:1)',
    'INFORMAL MIRROR ERRORS',
    '{"msg":"ERROR in the text"}',
    '{"msg":"he said \\"level\\":50"}',
    '{"msg":"level: 50"}',
    '{"level":5}',
    '{"level":500}',
    '{"level":70}',
    '{"level":',
    'level=',
    'level=level',
    'level==error',
  ])('S12: %j has none', (line) => {
    expect(nameOf(line)).toBeUndefined();
  });

  it('S12: looks near the beginning only, in JSON further', () => {
    expect(nameOf(`${'x'.repeat(200)} ERROR`)).toBe('ERROR');
    expect(nameOf(`${'x'.repeat(300)} ERROR`)).toBeUndefined();
    expect(nameOf(`{"msg":"${'x'.repeat(900)}","level":30}`)).toBe('INFO');
    expect(nameOf(`{"msg":"${'x'.repeat(1_100)}","level":30}`)).toBeUndefined();
  });

  it('looks no further than the end of the line', () => {
    const bytes = Buffer.from('level=error');
    expect(LOG_LEVELS[levelOf(bytes, 0, 8)]).toBeUndefined();
    expect(LOG_LEVELS[levelOf(bytes, 0, 6)]).toBeUndefined();
  });
});
