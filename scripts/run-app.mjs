// `npm run node|manager|mcp|cluster -- FLAGS`: installs and builds what is missing, then runs that one app.
import { exitWith, run } from './child.mjs';
import { ensureReady, node26 } from './ensure.mjs';
import { at, say } from './paths.mjs';

/** Where each is, below apps. The terminal client and the operator's tool are one package. */
const APPS = {
  node: ['node', 'dist', 'main.js'],
  manager: ['manager', 'dist', 'main.js'],
  cli: ['cli', 'dist', 'main.js'],
  cluster: ['cli', 'dist', 'cluster-main.js'],
};
const [app, ...flags] = process.argv.slice(2);

exitWith(async () => {
  if (!Object.hasOwn(APPS, app ?? '')) {
    say(
      `run-app: expected ${Object.keys(APPS).join(', ')} as the first argument, got ${app === undefined ? 'nothing' : `"${app}"`}.`,
    );
    return 1;
  }
  await ensureReady();
  return run(node26(), [at('apps', ...APPS[app]), ...flags]);
});
