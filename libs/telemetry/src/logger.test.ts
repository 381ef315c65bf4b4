import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';

function capture(level = 'debug') {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { lines, logger: createLogger({ app: 'node', nodeId: 'node-1', level, destination }) };
}

describe('createLogger', () => {
  it('writes JSON with app, node, request id and ISO time', () => {
    const { lines, logger } = capture();
    logger.child({ requestId: 'r-1' }).warn({ status: 503 }, 'refused');
    expect(lines).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
        app: 'node',
        node: 'node-1',
        pid: process.pid,
        requestId: 'r-1',
        status: 503,
        msg: 'refused',
      },
    ]);
  });

  it('hides what gives access, at the top, in headers, in any case and in children', () => {
    const { lines, logger } = capture();
    const headers = { authorization: 'Bearer xyz', Cookie: 'xyz', 'mcp-session-id': 'xyz', accept: 'text/plain' };
    logger.info({ token: 'xyz', headers, request: { headers } }, 'one');
    logger.child({ token: 'xyz', authorization: 'xyz' }).info('two');
    expect(JSON.stringify(lines)).not.toContain('xyz');
    expect(lines[0]).toMatchObject({ token: '[redacted]', request: { headers: { accept: 'text/plain' } } });
    expect(lines[1]).toMatchObject({ token: '[redacted]', authorization: '[redacted]' });
    expect(headers.authorization).toBe('Bearer xyz');
  });

  it('keeps the cause of an error', () => {
    const { lines, logger } = capture();
    logger.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed');
    expect(JSON.stringify(lines[0])).toMatch(/outer.*caused by: Error: inner/);
  });

  it('does not even look at the fields below its level', () => {
    const { lines, logger } = capture('info');
    const fields = {
      get cost(): never {
        throw new Error('was looked at');
      },
    };
    logger.debug(fields, 'not written');
    expect(lines).toEqual([]);
  });

  it('S01: writes on stderr, never on stdout, and loses nothing at the exit', () => {
    const program = 'for (let i = 0; i < 1000; i += 1) logger.info({ i }, "line"); process.exit(0);';
    const child = spawnSync(process.execPath, programWith(program), { encoding: 'utf8' });
    expect(child.stdout).toBe('');
    expect(child.stderr.match(/"msg":"line"/g)).toHaveLength(1_000);
  });

  it('S01: is not stopped by a stderr that nobody reads; what was dropped is told later', async () => {
    // 4 MB: more than the buffer and the pipe can hold.
    const program = `
      for (let i = 0; i < 4000; i += 1) logger.info({ text: 'x'.repeat(1000) }, 'line');
      process.stdout.write('alive');
      process.stdin.resume();`;
    const child = spawn(process.execPath, programWith(program), { stdio: 'pipe' });
    child.stderr.pause();
    await once(child.stdout, 'data');
    let tail = '';
    for await (const chunk of child.stderr) {
      tail = (tail + String(chunk)).slice(-10_000);
      if (tail.includes('were dropped')) break;
    }
    child.kill();
    const lines = Number(/"lines":(\d+),"msg":"log lines were dropped/.exec(tail)?.[1]);
    expect(lines).toBeGreaterThan(1_000);
    expect(lines).toBeLessThan(4_000);
  });
});

/** Arguments for Node to run a program that has a `logger`. */
function programWith(program: string): string[] {
  const source = fileURLToPath(new URL('./logger.ts', import.meta.url));
  // Node strips the types itself; only the endings of the import paths are still those of the build.
  const hooks = `import { registerHooks } from 'node:module';
    registerHooks({ resolve: (path, context, next) => next(path.replace(/^([.].*)[.]js$/, '$1.ts'), context) });`;
  const imports = `const { createLogger } = await import(${JSON.stringify(source)});
    const logger = createLogger({ app: 'node', nodeId: 'node-1', level: 'info' });`;
  return [
    '--import',
    `data:text/javascript,${encodeURIComponent(hooks)}`,
    '--input-type=module',
    '-e',
    imports + program,
  ];
}
