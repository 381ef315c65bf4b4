// `npm run load -- NAME [k6 FLAGS]`: k6/scenarios/NAME.ts against MCP_URL, or against a cluster that lives as long.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { exitWith, run } from './child.mjs';
import { ensureReady, node26 } from './ensure.mjs';
import { at, root, say } from './paths.mjs';
import { findTool, toolEnvironment } from './toolbox.mjs';

/** Long enough for the manager's own drain, which is bounded too. */
const STOP_DEADLINE_MS = 10_000;

/** A cluster on free ports: its URL, and how to end it. */
async function startCluster() {
  const flags = ['--nodes', '2', '--port', '0', '--admin-port', '0', '--management-port', '0', '--log-level', 'warn'];
  const child = spawn(node26(), [at('apps', 'manager', 'dist', 'main.js'), ...flags], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  const ended = once(child, 'close');
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(kill, STOP_DEADLINE_MS);
    await ended;
    clearTimeout(timer);
    process.off('exit', kill);
  };
  let url;
  for await (const line of createInterface({ input: child.stdout })) {
    url ??= /^MCP\s+(\S+)/.exec(line)?.[1];
    if (line === 'ready' && url !== undefined) {
      child.stdout.resume();
      return { url, stop };
    }
  }
  throw new Error('load: the cluster ended before it was ready');
}

exitWith(async () => {
  const [name, ...flags] = process.argv.slice(2);
  const names = readdirSync(at('k6', 'scenarios')).map((file) => file.replace(/\.ts$/, ''));
  if (!names.includes(name)) {
    say(
      `load: expected ${names.join(' or ')} as the first argument, got ${name === undefined ? 'nothing' : `"${name}"`}.`,
    );
    return 1;
  }
  if (findTool('k6') === undefined) {
    say('load: k6 is missing; `npm run tools` installs it.');
    return 1;
  }
  await ensureReady();
  const given = process.env.MCP_URL;
  const { url, stop } = given ? { url: given, stop: async () => {} } : await startCluster();
  say(`k6 ${name} on ${url}`);
  try {
    const script = at('k6', 'scenarios', `${name}.ts`);
    return await run(findTool('k6'), ['run', ...flags, script], { env: { ...toolEnvironment(), MCP_URL: url } });
  } finally {
    await stop();
  }
});
