import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Also given to Node in the workers, so no condition that only imports or only requires may have.
const conditions = ['@millrace/source', 'node'];
const test = (suffix: string) => [`packages/**/*${suffix}`, `test/**/*${suffix}`, `bench/**/*${suffix}`];

/** Workspace packages are tested as sources; everything else resolves as it would in Node. */
const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // `await using` is not part of Node 20 yet.
  oxc: { target: 'node20' },
};

const limits = { testTimeout: 30_000, hookTimeout: 60_000, teardownTimeout: 60_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    silent: 'passed-only',
    slowTestThreshold: 5_000,
    reporters: ['default', './test/harness/skip-reasons-reporter.ts'],
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          ...limits,
          include: test('.test.ts'),
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.pg.test.ts', '**/*.mysql.test.ts'],
          typecheck: {
            enabled: true,
            include: test('.test-d.ts'),
            tsconfig: './tsconfig.json',
            ignoreSourceErrors: true,
          },
        },
      },
      {
        ...shared,
        test: {
          name: 'postgres',
          ...limits,
          include: test('.pg.test.ts'),
          globalSetup: fileURLToPath(new URL('test/harness/shared-postgres.setup.ts', import.meta.url)),
        },
      },
      {
        ...shared,
        test: {
          name: 'mysql',
          ...limits,
          include: test('.mysql.test.ts'),
          globalSetup: ['postgres', 'mysql'].map((servers) =>
            fileURLToPath(new URL(`test/harness/shared-${servers}.setup.ts`, import.meta.url)),
          ),
          runner: fileURLToPath(new URL('test/harness/mysql-test-runner.ts', import.meta.url)),
        },
      },
    ],
  },
});
