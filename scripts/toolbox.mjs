import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { at, kubeCache, toolsDir } from './paths.mjs';

/** Programs written in Go that the tests and the load runs use: no package of Debian's has these versions. */
export const GO_TOOLS = {
  helm: 'helm.sh/helm/v4/cmd/helm@v4.3.1',
  k6: 'go.k6.io/k6@v1.8.1',
  kubeconform: 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0',
};

/** Python packages of the tests, in a virtual environment of their own. */
export const PYTHON_PACKAGES = ['mcp==2.3.0'];

/** Programs from Debian's packages, as [program, package]. */
export const DEBIAN_TOOLS = [
  ['redis-server', 'redis-server'],
  ['faketime', 'faketime'],
  ['haproxy', 'haproxy'],
  ['nginx', 'nginx'],
  ['wrk', 'wrk'],
  ['promtool', 'prometheus'],
  ['ip', 'iproute2'],
  ['taskset', 'util-linux'],
];

export const toolBin = () => join(toolsDir(), 'bin');
export const venvPython = () => join(toolsDir(), 'venv', 'bin', 'python');

/** Whether `folder` has `name` of the wanted version: beside each program lies `.NAME` with PACKAGE@VERSION. */
export function hasGoTool(folder, name) {
  const stamp = join(folder, `.${name}`);
  return existsSync(join(folder, name)) && existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === GO_TOOLS[name];
}

/**
 * PATH with what npm installed (the pinned Node among it) and our tools before everything else. Debian's servers live
 * in sbin, which not every user has.
 */
export function toolPath() {
  const given = (process.env.PATH ?? '').split(delimiter);
  const more = [at('node_modules', '.bin'), toolBin(), join(kubeCache(), 'bin')];
  const last = ['/usr/local/sbin', '/usr/sbin', '/sbin'].filter((folder) => !given.includes(folder));
  return [...more, ...given, ...last].join(delimiter);
}

/** The environment for whatever uses a tool: PATH, and MCP_PYTHON where there is a Python with the `mcp` package. */
export function toolEnvironment() {
  const python = process.env.MCP_PYTHON || (existsSync(venvPython()) ? venvPython() : undefined);
  return { ...process.env, PATH: toolPath(), ...(python === undefined ? {} : { MCP_PYTHON: python }) };
}

/** Where `name` is on that PATH, or undefined. */
export function findTool(name) {
  return toolPath()
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(executable);
}

function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
