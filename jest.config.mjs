/**
 * Projects, told apart by what they need:
 * unit (nothing), integration (PostgreSQL, Kafka), crash (built processes that are killed), e2e (the built product),
 * proof (layers of `npm run proof` that are specs).
 * Run some files with `npx jest libs/wire`, one project with `npm run test:unit`.
 */
const transform = {
  '^.+\\.ts$': [
    '@swc/jest',
    {
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        target: 'es2023',
        keepClassNames: true,
      },
      module: { type: 'es6' },
      sourceMaps: 'inline',
    },
  ],
};

const base = {
  testEnvironment: 'node',
  // The "source" condition of package.json "imports" leads to TypeScript instead of dist.
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  resolver: '<rootDir>/tools/jest/resolver.cjs',
  // In the project, so that no run begins cold because the temporary directory is its own.
  cacheDirectory: '<rootDir>/tmp/jest',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.concordat/', '<rootDir>/tmp/'],
  transform,
};

const project = (displayName, testMatch, timeoutMs) => ({
  ...base,
  displayName,
  testMatch,
  globals: { CONCORDAT_TEST_TIMEOUT_MS: timeoutMs },
  setupFilesAfterEnv: ['<rootDir>/tools/jest/patience.mjs'],
});

export default {
  projects: [
    project(
      'unit',
      [
        '<rootDir>/libs/**/*.spec.ts',
        '<rootDir>/apps/**/*.spec.ts',
        '<rootDir>/tools/**/*.spec.ts',
        '<rootDir>/test/architecture/**/*.spec.ts',
      ],
      10_000,
    ),
    project('integration', ['<rootDir>/test/integration/**/*.spec.ts'], 60_000),
    project('crash', ['<rootDir>/test/crash/**/*.spec.ts'], 300_000),
    project('e2e', ['<rootDir>/test/e2e/**/*.spec.ts'], 120_000),
    project('proof', ['<rootDir>/test/proof/**/*.spec.ts'], 900_000),
  ],
};
