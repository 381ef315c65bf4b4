// `npm start`: installs and builds what is missing, then runs the manager, which starts the nodes.
import { exitWith, run } from './child.mjs';
import { ensureReady, node26 } from './ensure.mjs';
import { at } from './paths.mjs';

exitWith(async () => {
  await ensureReady();
  return run(node26(), [at('apps', 'manager', 'dist', 'main.js'), ...process.argv.slice(2)]);
});
