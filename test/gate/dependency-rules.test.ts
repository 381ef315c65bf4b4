import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** A small workspace: allowed imports first, then one file for each way to break a rule. */
const FILES: Record<string, string> = {
  'libs/kernel/src/index.ts': `export const kernel = 1;`,
  'libs/kernel/src/inner.ts': `export const inner = 1;`,
  'libs/protocol/src/index.ts': `import { kernel } from '@mcp-cluster/kernel';\nexport const protocol = kernel;`,
  'libs/balance/src/index.ts': `export const balance = 1;`,
  'libs/tools/src/index.ts': `import { protocol } from '@mcp-cluster/protocol';\nexport const tools = protocol;`,
  'libs/transports/src/index.ts': `import { protocol } from '@mcp-cluster/protocol';\nexport const transports = protocol;`,
  'libs/testkit/src/index.ts': `import { kernel } from '@mcp-cluster/kernel';\nexport const testkit = kernel;`,
  'libs/balance/src/index.test.ts': `import { testkit } from '@mcp-cluster/testkit';\nexport const test = testkit;`,
  'apps/node/src/main.ts': `import { transports } from '@mcp-cluster/transports';\nexport const main = transports;`,

  'libs/kernel/src/upward.ts': `import { protocol } from '@mcp-cluster/protocol';\nexport const a = protocol;`,
  'libs/protocol/src/sideways.ts': `import type { balance } from '@mcp-cluster/balance';\nexport type A = typeof balance;`,
  'libs/tools/src/upward.ts': `import { transports } from '@mcp-cluster/transports';\nexport const a = transports;`,
  'libs/stray/src/index.ts': `import { kernel } from '@mcp-cluster/kernel';\nexport const stray = kernel;`,
  'libs/protocol/src/in-production.ts': `import { testkit } from '@mcp-cluster/testkit';\nexport const a = testkit;`,
  'libs/protocol/src/app.ts': `import { main } from '../../../apps/node/src/main.js';\nexport const a = main;`,
  'libs/protocol/src/one.ts': `import { two } from './two.js';\nexport const one = (): number => two;`,
  'libs/protocol/src/two.ts': `import { one } from './one.js';\nexport const two = Number(one);`,
  'apps/manager/src/relative.ts': `import { main } from '../../node/src/main.js';\nexport const a = main;`,
  'apps/manager/src/by-name.ts': `import { main } from '@mcp-cluster/app-node';\nexport const a = main;`,
  'apps/manager/src/deep-relative.ts': `import { inner } from '../../../libs/kernel/src/inner.js';\nexport const a = inner;`,
  'apps/manager/src/deep-by-name.ts': `import { inner } from '@mcp-cluster/kernel/src/inner.js';\nexport const a = inner;`,
};

const LIBS = ['kernel', 'protocol', 'balance', 'tools', 'transports', 'testkit', 'stray'];

let workspace: string;
let violations: { rule: string; from: string }[];

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'dependency-rules-'));
  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(join(workspace, path)), { recursive: true });
    await writeFile(join(workspace, path), content);
  };
  const manifest = (name: string, more: object): string => JSON.stringify({ name, type: 'module', ...more });
  await write('package.json', manifest('fixture', { private: true }));
  for (const [path, content] of Object.entries(FILES)) await write(path, content);
  await mkdir(join(workspace, 'node_modules/@mcp-cluster'), { recursive: true });
  for (const lib of LIBS) {
    const exports = { '.': { '@mcp-cluster/source': './src/index.ts', default: './dist/index.js' } };
    await write(`libs/${lib}/package.json`, manifest(`@mcp-cluster/${lib}`, { exports }));
    await symlink(join(workspace, 'libs', lib), join(workspace, 'node_modules/@mcp-cluster', lib));
  }
  // As in the repository: an app is linked by its name too, but exports nothing.
  await write('apps/node/package.json', manifest('@mcp-cluster/app-node', {}));
  await symlink(join(workspace, 'apps/node'), join(workspace, 'node_modules/@mcp-cluster/app-node'));
  violations = await cruise(workspace);
}, 60_000);

afterAll(() => rm(workspace, { recursive: true, force: true }));

/** What the checker says of `directory`, with the rules of this repository. */
async function cruise(directory: string): Promise<{ rule: string; from: string }[]> {
  const checker = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const config = join(ROOT, '.dependency-cruiser.mjs');
  const args = [checker, 'apps', 'libs', '--config', config, '--output-type', 'json'];
  const output = await new Promise<string>((resolve) => {
    // It exits with the number of violations, which are what we want: the output is judged, not the code.
    execFile(process.execPath, args, { cwd: directory, maxBuffer: 16 * 1024 * 1024 }, (_error, stdout) => {
      resolve(stdout);
    });
  });
  const report = JSON.parse(output) as { summary: { violations: { rule: { name: string }; from: string }[] } };
  return report.summary.violations.map(({ rule, from }) => ({ rule: rule.name, from }));
}

describe('the direction rules', () => {
  it.each([
    ['layer-0-points-down', 'libs/kernel/src/upward.ts'],
    ['layer-1-points-down', 'libs/protocol/src/sideways.ts'],
    ['layer-2-points-down', 'libs/tools/src/upward.ts'],
    ['layer-of-every-lib', 'libs/stray/src/index.ts'],
    ['testkit-only-in-tests', 'libs/protocol/src/in-production.ts'],
    ['libs-never-import-apps', 'libs/protocol/src/app.ts'],
    ['no-cycles', 'libs/protocol/src/one.ts'],
    ['apps-never-import-apps', 'apps/manager/src/relative.ts'],
    ['could-not-resolve', 'apps/manager/src/by-name.ts'],
    ['no-deep-imports', 'apps/manager/src/deep-relative.ts'],
    ['could-not-resolve', 'apps/manager/src/deep-by-name.ts'],
  ])('%s refuses %s', (rule, from) => {
    expect(violations).toContainEqual({ rule, from });
  });

  it('let the allowed imports pass', () => {
    const allowed = Object.keys(FILES).slice(0, Object.keys(FILES).indexOf('libs/kernel/src/upward.ts'));
    expect(violations.filter(({ from }) => allowed.includes(from))).toEqual([]);
  });
});
