// The chart's README: its values table is read from the "# --" comments of values.yaml.
import { readFileSync } from 'node:fs';

const chart = new URL('../../helm/mcp-cluster/', import.meta.url);

/**
 * The documented values, in the file's order. It knows the YAML that values.yaml is written in, no more: two spaces
 * a level, and a default on the key's line or in the lines below it.
 * @returns {{ path: string, meaning: string, value: string }[]}
 */
function documentedValues(yaml) {
  const lines = yaml.split('\n');
  const parents = [];
  const values = [];
  let meaning;
  for (const [index, line] of lines.entries()) {
    const comment = /^\s*# (-- )?(.*)$/.exec(line);
    if (comment !== null) {
      if (comment[1] !== undefined) meaning = comment[2];
      else if (meaning !== undefined) meaning += ` ${comment[2]}`;
      continue;
    }
    const entry = /^( *)([A-Za-z]+):(?: (.*))?$/.exec(line);
    if (entry !== null) {
      const [, indent, key, inline] = entry;
      parents.length = indent.length / 2;
      parents.push(key);
      if (meaning !== undefined) {
        const value = inline ?? block(lines.slice(index + 1), indent.length);
        values.push({ path: parents.join('.'), meaning, value });
      }
    }
    meaning = undefined;
  }
  return values;
}

/** The lines below a key, as one line of flow YAML. */
function block(lines, indent) {
  const end = lines.findIndex((line) => line.length > 0 && line.search(/\S/) <= indent);
  const inside = lines.slice(0, end === -1 ? undefined : end).map((line) => line.trim());
  return `{ ${inside.filter((line) => line.length > 0).join(', ')} }`;
}

function table(values) {
  const rows = values.map(({ path, meaning, value }) => {
    const text = meaning.replaceAll('|', '\\|');
    return `| \`${path}\` | \`${value}\` | ${text} |`;
  });
  return ['| value | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

function readme() {
  const values = documentedValues(readFileSync(new URL('values.yaml', chart), 'utf8'));
  return `# mcp-cluster
<!-- Generated from values.yaml by scripts/generators/chart-docs.mjs: run "npm run docs:generate" after a change. -->

Installs a manager and its nodes. docs/install.md says how to build the image and install step by step.

\`\`\`sh
helm install mcp-cluster helm/mcp-cluster --namespace mcp --create-namespace --set image.repository=REGISTRY/mcp-cluster --wait
helm test mcp-cluster --namespace mcp
\`\`\`

Helm 3.22 or 4, Kubernetes 1.29 or newer; no CRD, no add-on, no rights in the cluster. It runs in a namespace that
enforces the restricted Pod Security standard.

## What it makes
| object | what for |
|---|---|
| Deployment \`NAME-manager\`, Service \`NAME\` | the front door: clients connect to \`http://NAME.NAMESPACE:3000/mcp\` |
| Service \`NAME-admin\` | admin API (8080) and metrics (9464) of the manager, apart from the front door |
| Deployment \`NAME-node\`, headless Service \`NAME-node\` | the MCP servers; the manager finds them over this Service's DNS |
| Secret \`NAME\` | the cluster key, generated once and kept over upgrades |
| Secret \`NAME-redis\` | Redis' URL, where \`redis.external.url\` is set |
| Secret \`NAME-cache-redis\` | The URL of the cache's own Redis, where \`cache.redis.url\` is set |
| NetworkPolicies, PodDisruptionBudgets | who may talk to whom; how many pods a drained machine may take at once |

\`NAME\` is the release's name, followed by \`-mcp-cluster\` unless that is in it already.

## How a pod ends
Kubernetes sends SIGTERM and takes the pod out of its Service at the same time. The app says "not ready", goes on taking
calls for \`drain.delaySeconds\`, then lets what is running end for up to \`drain.timeoutSeconds\`. The grace period is the
sum of the two and of \`drain.marginSeconds\`, and is computed in one place. A preStop hook is not needed.

## Values
${table(values)}
`;
}

export default {
  name: 'chart',
  files: () => ({ 'helm/mcp-cluster/README.md': readme() }),
};
