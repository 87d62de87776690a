import { fileURLToPath } from 'node:url';

const inTesting = (file) => fileURLToPath(new URL(`./libs/testing/${file}`, import.meta.url));

// What every project's jest.config.js stands on. Workspaces are resolved to their source, so tests need no build.
export default {
  // Costs a socket; a PostgreSQL is started by the first test that asks for one (testDatabase).
  globalSetup: inTesting('jest-global-setup.js'),
  globalTeardown: inTesting('jest-global-teardown.js'),
  reporters: ['default', fileURLToPath(new URL('./tools/setup/jest-counts-reporter.mjs', import.meta.url))],
  testEnvironment: 'node',
  // A deadline, not an expectation: medium tests start processes, and machines are busy.
  testTimeout: 60_000,
  testEnvironmentOptions: { customExportConditions: ['@purser/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json'],
  roots: ['<rootDir>/src'],
  testMatch: ['**/*.spec.ts'],
  setupFiles: ['reflect-metadata'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'es6' },
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
      },
    ],
  },
  transformIgnorePatterns: ['/node_modules/', '/dist/'],
};
