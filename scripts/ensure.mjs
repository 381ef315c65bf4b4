import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { capture, run } from './child.mjs';
import { at, root, say } from './paths.mjs';

/** The Node that everything here runs on, whatever is installed: the devDependency `node`. */
export const node26 = () => at('node_modules', 'node', 'bin', 'node');

/** Installs the dependencies when there are none, or when the lock has changed since. */
export async function ensureInstalled() {
  const installed = modified(at('node_modules', '.package-lock.json'));
  const locked = modified(at('package-lock.json'));
  if (installed === undefined || (locked !== undefined && locked > installed)) {
    say(
      `${installed === undefined ? 'Installing' : 'The lock has changed: installing'} dependencies (npm ci, under a minute) …`,
    );
    // Without the warnings of packages that want a newer Node than npm runs on: they get it.
    await npm('ci', '--loglevel=error');
  }
  if (existsSync(node26())) return;
  // Installed with --ignore-scripts: the package that brings the binary did not get to run.
  say('Fetching the Node runtime (npm rebuild node) …');
  await npm('rebuild', 'node');
  if (!existsSync(node26()))
    throw new Error(
      `No Node runtime at ${node26()}: its package has no binary for ${process.platform} ${process.arch}.`,
    );
}

/** Compiles what has changed since the last time. */
export async function ensureBuilt() {
  const first = !existsSync(at('apps', 'manager', 'dist', 'main.js'));
  if (first) say('Building (tsc -b) …');
  const { code, output } = await capture(node26(), [
    at('node_modules', 'typescript', 'bin', 'tsc'),
    '-b',
    'tsconfig.build.json',
  ]);
  if (code !== 0) throw new Error(`The build failed:\n${output}`);
  removeOrphans();
}

/** The compiler leaves the output of a removed or renamed tool where the node would still load it. */
function removeOrphans() {
  const node = ['tools', 'resources', 'fixtures'].map((folder) => [
    at('apps', 'node', 'dist', folder),
    at('apps', 'node', 'src', folder),
  ]);
  for (const [built, sources] of [...node, [at('docs', 'examples', 'dist'), at('docs', 'examples')]]) {
    for (const file of existsSync(built) ? readdirSync(built, { recursive: true }) : []) {
      const source = join(sources, file.replace(/\.(?:js|d\.ts)(?:\.map)?$/, '.ts'));
      if (/\.(?:js|d\.ts)(?:\.map)?$/.test(file) && !existsSync(source)) rmSync(join(built, file));
    }
  }
}

/** Both, in this order. */
export async function ensureReady() {
  await ensureInstalled();
  await ensureBuilt();
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

async function npm(...args) {
  // npm must not run on the Node that it is about to replace.
  const bins = at('node_modules', '.bin');
  const PATH = process.env.PATH.split(delimiter)
    .filter((folder) => folder !== bins)
    .join(delimiter);
  const code = await run('npm', args, { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, PATH } });
  if (code !== 0) throw new Error(`npm ${args.join(' ')} failed with exit code ${code}.`);
}
