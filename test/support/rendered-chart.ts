import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';

const run = promisify(execFile);
/** The chart's folder. */
export const CHART = fileURLToPath(new URL('../../helm/mcp-cluster', import.meta.url));
/** Values that set everything to something else than its default. */
export const FULL = join(CHART, 'ci', 'full-values.yaml');

const HELM = 'helm';
/** `npm test` brings helm (`npm run tools`); where there is none, the runner says that these tests were left out. */
export const hasHelm = spawnSync(HELM, ['version']).status === 0;

interface Container {
  name: string;
  image: string;
  args?: string[];
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef?: { name: string; key: string } } }[];
  securityContext: object;
  resources: { limits: { memory: string } };
  ports?: { name: string; containerPort: number }[];
  [probe: string]: unknown;
}
export interface PodSpec {
  terminationGracePeriodSeconds?: number;
  automountServiceAccountToken: boolean;
  securityContext: object;
  containers: Container[];
  volumes: { name: string; hostPath?: unknown; emptyDir?: object }[];
}
export interface Rendered {
  kind: string;
  metadata: { name: string; labels: Record<string, string> };
  spec: Record<string, unknown> & {
    selector?: unknown;
    template?: {
      metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
      spec: PodSpec;
    };
  };
  data?: Record<string, string>;
}

/** What helm prints. @throws when it fails, with what it said */
export async function helm(...args: string[]): Promise<string> {
  return (await run(HELM, args)).stdout;
}

/** The objects that an installation named mcp-cluster in the namespace apps would have. */
export async function render(...args: string[]): Promise<Rendered[]> {
  const text = await helm('template', 'mcp-cluster', CHART, '--namespace', 'apps', ...args);
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Rendered | null)
    .filter((object) => object !== null);
}

/** Values as arguments of helm. */
export const sets = (...values: string[]) => values.flatMap((value) => ['--set', value]);

export function find(objects: readonly Rendered[], kind: string, name: string): Rendered {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
}

export const podSpec = (objects: readonly Rendered[], tier: string): PodSpec =>
  find(objects, 'Deployment', `mcp-cluster-${tier}`).spec.template!.spec;

/** The variables of a pod's first container by name; undefined for those that come from elsewhere. */
export const environment = (pod: PodSpec): Map<string, string | undefined> =>
  new Map(pod.containers[0]!.env!.map(({ name, value }) => [name, value]));
