import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A path in the repository. */
export const at = (...parts) => join(root, ...parts);

/** Where `npm run tools` keeps what no package manager of the machine has. */
export const toolsDir = () => process.env.MCP_TOOLS_DIR || join(homedir(), '.cache', 'mcp-cluster');

/** Where the one-node Kubernetes of the tests keeps what it compiled, helm and k6 among it. */
export const kubeCache = () => process.env.KUBE_CACHE || join(homedir(), '.cache', 'kube');

/** Everything that a script says of itself goes to stderr: stdout may belong to a protocol. */
export const say = (line) => void process.stderr.write(`${line}\n`);
