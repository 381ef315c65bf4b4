import { describe, expect, it } from 'vitest';
import { readCommandLine, UsageError } from './command-line.js';
import { readArguments } from './tool-arguments.js';

const OWN = ['node', 'main.js', '--stdio'];

describe('command line', () => {
  it('reads a call with its arguments and options', () => {
    expect(readCommandLine(['call', 'run_analysis', 'rows=10', '--era', 'modern', '--timeout', '5'], OWN)).toEqual({
      verb: 'call',
      tool: 'run_analysis',
      pairs: ['rows=10'],
      options: {
        url: 'http://127.0.0.1:3000/mcp',
        command: undefined,
        era: 'modern',
        json: false,
        task: false,
        timeoutMs: 5_000,
      },
    });
  });

  it('S18: --task lets a call become a task; without it no call does', () => {
    expect(readCommandLine(['call', 'echo', '--task'], OWN)).toMatchObject({ options: { task: true } });
    expect(readCommandLine(['call', 'echo'], OWN)).toMatchObject({ options: { task: false } });
  });

  it('complete takes a template, a variable and a prefix that may be empty', () => {
    const complete = { verb: 'complete', template: 'logs://{filename}', variable: 'filename' };
    expect(readCommandLine(['complete', 'logs://{filename}', 'filename', 'cl'], OWN)).toMatchObject({
      ...complete,
      prefix: 'cl',
    });
    expect(readCommandLine(['complete', 'logs://{filename}', 'filename'], OWN)).toMatchObject({
      ...complete,
      prefix: '',
    });
  });

  it('S18: --stdio starts a node of this project, --command any server', () => {
    expect(readCommandLine(['list', '--stdio'], OWN)).toMatchObject({ options: { command: OWN } });
    expect(readCommandLine(['list', '--command', 'python server.py'], OWN)).toMatchObject({
      options: { command: ['python', 'server.py'] },
    });
  });

  it.each([
    [['fetch'], 'expected list, call, read or complete, got "fetch"'],
    [['call'], 'call: expected the name of a tool, got nothing'],
    [['read'], 'read: expected one URI, got 0'],
    [['complete', 'logs://{filename}'], 'complete: expected a template, a variable and perhaps a prefix, got 1 words'],
    [['call', 'echo', '--task', '--era', 'legacy'], '--task: expected --era auto or modern with it, got "legacy"'],
    [['list', '--era', 'old'], '--era: expected auto, legacy or modern, got "old"'],
    [['list', '--timeout', '0'], '--timeout: expected seconds up to 3600, got "0"'],
    [['list', '--url', 'ftp://x'], '--url: expected an http or https URL, got "ftp://x"'],
    [['list', '--colour'], "Unknown option '--colour'"],
  ])('refuses %j, saying what came and what was expected', (argv, message) => {
    expect(() => readCommandLine(argv, OWN)).toThrow(UsageError);
    expect(() => readCommandLine(argv, OWN)).toThrow(message);
  });
});

describe('tool arguments', () => {
  const schema = {
    properties: {
      rows: { type: 'integer' },
      name: { type: 'string' },
      deep: { type: 'boolean' },
      tags: { type: 'array' },
      size: { type: ['number', 'null'] },
      any: {},
    },
  };

  it("are read as the tool's schema says", () => {
    expect(
      readArguments(['rows=10', 'name=10', 'deep=true', 'tags=["a"]', 'size=null', 'any=x=y', 'more=[1]'], schema),
    ).toEqual({ rows: 10, name: '10', deep: true, tags: ['a'], size: null, any: 'x=y', more: [1] });
  });

  it('name the word that cannot be read', () => {
    expect(() => readArguments(['rows'], schema)).toThrow('expected NAME=VALUE, got "rows"');
    expect(() => readArguments(['rows=ten'], schema)).toThrow('rows: expected integer, got "ten"');
  });
});
