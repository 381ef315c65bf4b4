// `npm run tools`: installs what the tests and benchmarks use and npm does not bring. Quick when all is there.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, exitWith, run } from './child.mjs';
import { kubeCache, say, toolsDir } from './paths.mjs';
import { DEBIAN_TOOLS, findTool, GO_TOOLS, hasGoTool, PYTHON_PACKAGES, toolBin, venvPython } from './toolbox.mjs';

/** Debian asks this program whether a package may start its service: 101 is no. */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

/** What could not be had, as [what, why]. */
const missing = [];

async function debian() {
  const wanted = DEBIAN_TOOLS.filter(([program]) => findTool(program) === undefined).map(([, name]) => name);
  if (!existsSync(venvPython()) && (await capture('python3', ['-c', 'import ensurepip'])).code !== 0)
    wanted.push('python3-venv');
  if (wanted.length === 0) return;
  if (findTool('apt-get') === undefined || process.getuid?.() !== 0) {
    missing.push([wanted.join(', '), 'only root on Debian can install packages here']);
    return;
  }
  say(`Installing ${wanted.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const apt = (...args) => run('apt-get', args, { env, stdio: ['ignore', 2, 2] });
  // The packages must not start their servers, the tests start their own: RUNLEVEL=1 and, under systemd, this policy.
  const ours = !existsSync(SERVICE_POLICY);
  if (ours) writeFileSync(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  let failed;
  try {
    failed = (await apt('update', '-qq')) || (await apt('install', '-y', '-qq', '--no-install-recommends', ...wanted));
  } finally {
    if (ours) rmSync(SERVICE_POLICY, { force: true });
  }
  if (failed) missing.push([wanted.join(', '), `apt-get failed with exit code ${failed}`]);
}

async function goTool(name, version) {
  const bin = toolBin();
  if (hasGoTool(bin, name)) return;
  const target = join(bin, name);
  rmSync(target, { force: true });
  if (hasGoTool(join(kubeCache(), 'bin'), name)) {
    symlinkSync(join(kubeCache(), 'bin', name), target);
  } else if (findTool('go') === undefined) {
    missing.push([name, 'it is compiled, and there is no Go']);
    return;
  } else {
    say(`Compiling ${version} (minutes, the first time) …`);
    const env = { ...process.env, GOBIN: bin, CGO_ENABLED: '0' };
    const code = await run('go', ['install', '-ldflags', '-s -w', version], { env, stdio: ['ignore', 2, 2] });
    if (code !== 0) {
      missing.push([name, `go install ${version} failed with exit code ${code}`]);
      return;
    }
  }
  writeFileSync(join(bin, `.${name}`), `${version}\n`);
}

async function python() {
  const stamp = join(toolsDir(), 'venv', '.packages');
  const wanted = PYTHON_PACKAGES.join(' ');
  if (existsSync(venvPython()) && existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === wanted) return;
  say(`Making a Python environment with ${wanted} …`);
  const output = { stdio: ['ignore', 2, 2] };
  const code =
    (await run('python3', ['-m', 'venv', '--clear', join(toolsDir(), 'venv')], output).catch(() => 127)) ||
    (await run(
      venvPython(),
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PYTHON_PACKAGES],
      output,
    ));
  if (code === 0) writeFileSync(stamp, `${wanted}\n`);
  else missing.push([`Python with ${wanted}`, `venv or pip failed with exit code ${code}`]);
}

exitWith(async () => {
  mkdirSync(toolBin(), { recursive: true });
  await debian();
  for (const [name, version] of Object.entries(GO_TOOLS)) await goTool(name, version);
  await python();
  for (const [what, why] of missing) say(`MISSING: ${what}: ${why}`);
  if (missing.length === 0) say(`Every tool is there (${toolsDir()}).`);
  return missing.length === 0 ? 0 : 1;
});
