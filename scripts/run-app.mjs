// `npm run node|manager|mcp -- FLAGS`: installs and builds what is missing, then runs that one app.
import { exitWith, run } from './child.mjs';
import { ensureReady, node26 } from './ensure.mjs';
import { at, say } from './paths.mjs';

const APPS = ['node', 'manager', 'cli'];
const [app, ...flags] = process.argv.slice(2);

exitWith(async () => {
  if (!APPS.includes(app)) {
    say(
      `run-app: expected ${APPS.join(', ')} as the first argument, got ${app === undefined ? 'nothing' : `"${app}"`}.`,
    );
    return 1;
  }
  await ensureReady();
  return run(node26(), [at('apps', app, 'dist', 'main.js'), ...flags]);
});
