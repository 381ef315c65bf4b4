import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const KERNEL = 'kernel owns time and randomness: take a Clock or an Rng (docs/ARCHITECTURE.md, "Which room")';
const CONFIG = 'only libs/config reads the environment: take a typed slice of the configuration';

/** What may be named in one room only, as [the lint rule's options]. Each override below gives one back. */
const ambient = {
  globals: ['setTimeout', 'setInterval', 'setImmediate', 'performance'].map((name) => ({ name, message: KERNEL })),
  properties: [
    { object: 'Date', property: 'now', message: KERNEL },
    { object: 'Math', property: 'random', message: KERNEL },
    ...['globalThis', 'global'].flatMap((object) =>
      ['setTimeout', 'setInterval', 'setImmediate', 'performance'].map((property) => ({
        object,
        property,
        message: KERNEL,
      })),
    ),
    ...['randomUUID', 'randomBytes', 'getRandomValues'].map((property) => ({
      object: 'crypto',
      property,
      message: KERNEL,
    })),
  ],
  environment: [{ object: 'process', property: 'env', message: CONFIG }],
  syntax: [
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: KERNEL },
    { selector: "CallExpression[callee.name='Date']", message: KERNEL },
  ],
  imports: [
    ...['node:timers', 'timers', 'node:timers/promises', 'timers/promises', 'node:perf_hooks', 'perf_hooks'].map(
      (name) => ({ name, message: KERNEL }),
    ),
    ...['node:crypto', 'crypto'].map((name) => ({
      name,
      importNames: ['randomBytes', 'randomUUID', 'randomInt', 'randomFill', 'randomFillSync', 'webcrypto'],
      message: KERNEL,
    })),
  ],
};
const environmentImports = ['node:process', 'process'].map((name) => ({
  name,
  importNames: ['env', 'default'],
  message: CONFIG,
}));

/** Vendor packages and the only lib that names each. */
const vendors = {
  telemetry: ['pino', 'pino-http', 'nestjs-pino', 'prom-client', '@opentelemetry/*'],
  redis: ['ioredis'],
  cache: ['lru-cache', 'msgpackr', 'protobufjs', 'protobufjs/*'],
  disk: ['lmdb', 'cacache', 'node:sqlite'],
  kubernetes: ['@kubernetes/client-node'],
};

/** The vendor bans for a file that lives in `room`. */
const vendorBans = (room) =>
  Object.entries(vendors)
    .filter(([lib]) => lib !== room)
    .map(([lib, group]) => ({ group, message: `only libs/${lib} names this package` }));

const imports = (paths, room) => ['error', { paths, patterns: vendorBans(room) }];

const generated = {
  ignores: ['**/node_modules/**', '**/dist/**', 'coverage/**', 'reports/**', '.tools/**', 'helm/**'],
};

export default tseslint.config(
  generated,
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Nest modules are classes whose decorator says everything.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'max-lines': ['error', { max: 300 }],
      eqeqeq: 'error',
      'no-restricted-globals': ['error', ...ambient.globals],
      'no-restricted-properties': ['error', ...ambient.properties, ...ambient.environment],
      'no-restricted-syntax': ['error', ...ambient.syntax],
      'no-restricted-imports': imports([...ambient.imports, ...environmentImports]),
    },
  },
  {
    files: ['libs/kernel/src/**/*.ts'],
    rules: {
      'no-restricted-globals': 'off',
      'no-restricted-properties': ['error', ...ambient.environment],
      'no-restricted-syntax': 'off',
      'no-restricted-imports': imports(environmentImports),
    },
  },
  {
    files: ['libs/config/src/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', ...ambient.properties],
      'no-restricted-imports': imports(ambient.imports),
    },
  },
  ...Object.keys(vendors).map((lib) => ({
    files: [`libs/${lib}/src/**/*.ts`],
    rules: { 'no-restricted-imports': imports([...ambient.imports, ...environmentImports], lib) },
  })),
  {
    // What revision 2026-07-28 deprecates is in use by the revisions before it, which we serve too.
    files: ['libs/protocol/**/*.ts', 'apps/node/src/fixtures/**/*.ts', '{apps/*/test,test,bench}/**/*.ts'],
    rules: { '@typescript-eslint/no-deprecated': 'off' },
  },
  {
    // Tests drive real sockets and processes and look inside; they still may not read the time.
    files: ['**/*.test.ts', 'apps/*/test/**/*.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-properties': ['error', ...ambient.properties],
      'no-restricted-imports': 'off',
    },
  },
  {
    // Whole processes that measure a machine or drive one: they read the environment and set timeouts of their own.
    files: [
      'apps/*/test/**/*.ts',
      'test/{integration,fuzz,conformance,kube,gate,chaos}/**/*.ts',
      'bench/**/*.ts',
      'k6/**/*.ts',
      '*.ts',
    ],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-globals': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-syntax': 'off',
      'no-restricted-imports': 'off',
    },
  },
  {
    // k6 has its own globals and an untyped `response.json()`.
    files: ['k6/**/*.ts'],
    languageOptions: { globals: { __ENV: 'readonly', __VU: 'readonly', __ITER: 'readonly', open: 'readonly' } },
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off', '@typescript-eslint/no-unsafe-member-access': 'off' },
  },
  {
    // Plain scripts run on any Node from 20 on, before anything is installed: no types, no kernel.
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { sourceType: 'module', ecmaVersion: 2024, globals: nodeGlobals() },
  },
);

/** The globals of Node that our plain scripts use; naming them keeps a typo an error. */
function nodeGlobals() {
  const names =
    'process console Buffer URL URLSearchParams AbortController AbortSignal fetch Response TextDecoder TextEncoder ' +
    'setTimeout clearTimeout setInterval clearInterval setImmediate performance structuredClone queueMicrotask';
  return Object.fromEntries(names.split(' ').map((name) => [name, 'readonly']));
}
