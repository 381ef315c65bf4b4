import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../harness/machine.ts';

/** They are no dependencies of the project: a folder of their own, with its own lock file. */
const FOLDER = join(import.meta.dirname, '../peers');
const require = createRequire(join(FOLDER, 'package.json'));

/** Installs the peers where they are missing. @throws when npm cannot */
export function installPeers(): void {
  if (existsSync(join(FOLDER, 'node_modules', 'bentocache')) && existsSync(join(FOLDER, 'node_modules', 'cacheable')))
    return;
  console.error('The peers are missing: npm ci --prefix bench/peers');
  const { status } = spawnSync('npm', ['ci', '--prefix', FOLDER, '--ignore-scripts'], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm ci --prefix bench/peers ended with ${String(status)}`);
}

/** Loads one of them. The caller says what it uses of it: their own types are not installed with the project. */
export function loadPeer<T>(name: string): Promise<T> {
  return load(require, name);
}

/** Loads what libs/cache is made of: the very package that ours runs on. */
export function loadOurs<T>(name: string): Promise<T> {
  return load(createRequire(join(ROOT, 'libs/cache/package.json')), name);
}

async function load<T>(from: NodeJS.Require, name: string): Promise<T> {
  return (await import(pathToFileURL(from.resolve(name)).href)) as T;
}

export function peerVersion(name: string): string {
  const manifest = readFileSync(join(FOLDER, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
