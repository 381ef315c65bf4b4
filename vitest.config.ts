import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

/** Reads our libraries from their sources, so that tests need no build. */
const SOURCE_CONDITION = '@mcp-cluster/source';
const conditions = [SOURCE_CONDITION, 'node', 'import', 'module', 'default'];

/** Nest reads parameter types at run time: the decorators need their metadata. */
const decorators = swc.vite({
  tsconfigFile: false,
  jsc: {
    target: 'es2024',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
});

const shared = { resolve: { conditions }, ssr: { resolve: { conditions } }, plugins: [decorators] };

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: [
            '{apps,libs}/*/src/**/*.test.ts',
            'test/{gate,chaos}/**/*.test.ts',
            'bench/**/*.test.ts',
            'sim/**/*.test.ts',
            'docs/examples/*.test.ts',
          ],
        },
      },
      {
        ...shared,
        test: {
          name: 'integration',
          include: ['apps/*/test/**/*.integration.test.ts', 'test/integration/**/*.test.ts'],
          // Real processes start in these tests; on two busy cores a start takes seconds.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Files that start clusters would fight for two cores and miss their own deadlines.
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: 'fuzz',
          include: ['test/fuzz/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
