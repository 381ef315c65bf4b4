// `npm run bench -- NAME [FLAGS]`: runs bench/NAME.ts as it is, on the built apps (Node strips the types).
import { readdirSync } from 'node:fs';
import { exitWith, run } from './child.mjs';
import { ensureReady, node26 } from './ensure.mjs';
import { at, say } from './paths.mjs';
import { toolEnvironment } from './toolbox.mjs';

exitWith(async () => {
  const [name, ...flags] = process.argv.slice(2);
  const names = readdirSync(at('bench'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length));
  if (!names.includes(name)) {
    say(
      `bench: expected ${names.join(' or ')} as the first argument, got ${name === undefined ? 'nothing' : `"${name}"`}.`,
    );
    return 1;
  }
  await ensureReady();
  return run(node26(), [at('bench', `${name}.ts`), ...flags], { env: toolEnvironment() });
});
