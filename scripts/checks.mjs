import { existsSync } from 'node:fs';
import { capture } from './child.mjs';
import { node26 } from './ensure.mjs';
import { at } from './paths.mjs';

const bin = (...parts) => at('node_modules', ...parts);
const types = (project) => ['types', `types of ${project}`, bin('typescript', 'bin', 'tsc'), '--noEmit', '-p', project];

/** Everything that is checked without running the project, as [name, what, script, ...arguments]. */
function checks() {
  const own = ['k6/tsconfig.json', 'bench/tsconfig.json', 'test/chaos/tsconfig.json'].filter((path) =>
    existsSync(at(path)),
  );
  return [
    ['prettier', 'the format', bin('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.'],
    ...['tsconfig.json', ...own].map(types),
    ['eslint', 'the rules of the code', bin('eslint', 'bin', 'eslint.js'), '--max-warnings', '0', '.'],
    [
      'dependencies',
      'which package imports which',
      bin('dependency-cruiser', 'bin', 'dependency-cruiser.mjs'),
      ...['apps', 'libs', '--config', '.dependency-cruiser.mjs'],
    ],
    ['knip', 'what nobody uses', bin('knip', 'bin', 'knip.js'), '--no-config-hints'],
    ['generated', 'generated files are up to date', at('scripts', 'generate.mjs'), '--check'],
  ];
}

/** Runs them one after the other (each wants a core or more); prints a line each, and the output of those that fail. */
export async function runChecks() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, what, ...args] of checks()) {
    const started = performance.now();
    const { code, output } = await capture(node26(), args);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'}  ${name}: ${what} (${seconds} s)`);
    if (code === 0) counts.passed += 1;
    else {
      counts.failed += 1;
      console.log(output);
    }
  }
  return counts;
}
