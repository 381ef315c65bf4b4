// `npm run sim [-- FLAGS]`: runs sim/run.ts as it is (Node strips the types); `npm run sim -- picks` runs sim/picks.ts.
import { exitWith, run } from './child.mjs';
import { ensureReady, node26 } from './ensure.mjs';
import { at } from './paths.mjs';

exitWith(async () => {
  const [first, ...rest] = process.argv.slice(2);
  const args = first === 'picks' ? [at('sim', 'picks.ts'), ...rest] : [at('sim', 'run.ts'), ...process.argv.slice(2)];
  await ensureReady();
  return run(node26(), args);
});
