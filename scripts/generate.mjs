// `npm run docs:generate`: writes the committed files that are made from code. `--check` only compares.
// Each scripts/generators/*.mjs exports `{name, files(): Promise<Record<path, content>>}`, paths from the repository.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { exitWith, run } from './child.mjs';
import { ensureReady, node26 } from './ensure.mjs';
import { at } from './paths.mjs';

async function generate(check) {
  const prettier = await import('prettier');
  const stale = [];
  const generators = readdirSync(at('scripts', 'generators')).filter((file) => file.endsWith('.mjs'));
  for (const file of generators.sort()) {
    const { default: generator } = await import(pathToFileURL(at('scripts', 'generators', file)).href);
    for (const [path, content] of Object.entries(await generator.files())) {
      // In the project's format, so that the format check and this one cannot disagree.
      const { ignored, inferredParser } = await prettier.getFileInfo(at(path), { ignorePath: at('.prettierignore') });
      const options = { ...(await prettier.resolveConfig(at(path))), filepath: at(path) };
      const wanted = ignored || inferredParser === null ? content : await prettier.format(content, options);
      if (read(path) === wanted) continue;
      stale.push(`${path} (${generator.name})`);
      if (check) continue;
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), wanted);
    }
  }
  return stale;
}

function read(path) {
  try {
    return readFileSync(at(path), 'utf8');
  } catch {
    return undefined;
  }
}

exitWith(async () => {
  const check = process.argv.includes('--check');
  await ensureReady();
  // Generators read requirements.ts and the like as they are: that takes the Node that strips types.
  if (Number(process.versions.node.split('.')[0]) < 26) return run(node26(), process.argv.slice(1));
  const stale = await generate(check);
  if (stale.length === 0) console.log('Every generated file is up to date.');
  else if (check) console.log(`Out of date; run \`npm run docs:generate\`: ${stale.join(', ')}`);
  else console.log(`Written: ${stale.join(', ')}`);
  return check && stale.length > 0 ? 1 : 0;
});
