/**
 * The direction rules of docs/ARCHITECTURE.md, "Dependencies point one way". The tree of each lib lists what it may
 * import; a lib that is missing here may import nothing of ours, so a new lib starts by taking its place.
 */
const BASE = ['kernel'];
const CORE = ['config', 'telemetry', 'balance', 'protocol'];
const MIDDLE = ['cache', 'cluster', 'execution', 'auth', 'tools'];
const OUTER = ['transports', 'redis', 'disk', 'kubernetes'];
const LAYERS = [BASE, CORE, MIDDLE, OUTER];

const alternatives = (names) => `(?:${names.join('|')})`;
const TEST_CODE = '(\\.test\\.ts$|^apps/[^/]+/test/|^libs/testkit/)';

/** One rule a layer: it imports layers before it and nothing beside or after it. */
const layerRules = LAYERS.map((layer, index) => ({
  name: `layer-${String(index)}-points-down`,
  comment: `${layer.join(', ')}: may import only ${LAYERS.slice(0, index).flat().join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: `^libs/(${alternatives(layer)})/`, pathNot: TEST_CODE },
  to: {
    path: '^(libs|apps)/',
    pathNot: [`^libs/$1/`, ...(index === 0 ? [] : [`^libs/${alternatives(LAYERS.slice(0, index).flat())}/`])],
  },
}));

export default {
  forbidden: [
    ...layerRules,
    {
      name: 'layer-of-every-lib',
      comment: 'a lib that is in no layer above may import nothing of ours: it takes its place first',
      severity: 'error',
      from: { path: `^libs/(?!${alternatives([...LAYERS.flat(), 'testkit'])}/)([^/]+)/` },
      to: { path: '^(libs|apps)/', pathNot: '^libs/$1/' },
    },
    {
      name: 'apps-never-import-apps',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-never-import-apps',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'testkit-only-in-tests',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: TEST_CODE },
      to: { path: '^libs/testkit/' },
    },
    {
      name: 'no-deep-imports',
      comment: 'another package is entered by its exports, never by a path into its sources or its build',
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: {
        path: '^(libs|apps)/[^/]+/(src|dist|test)/',
        pathNot: '^$1/$2/',
        dependencyTypes: ['local'],
      },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'could-not-resolve',
      comment: 'an import that resolves nowhere is seen by no other rule (an app imported by its package name)',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@mcp-cluster/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.json', '.d.ts'],
    },
  },
};
