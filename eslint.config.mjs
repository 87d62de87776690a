import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { importsRule } from './tools/tidy/lint/imports-rule.mjs';

const specs = ['**/*.spec.ts', '**/src/testing/**', 'libs/testing/**', 'tools/e2e/**', 'tools/protocol-simulation/**'];

/** Only an app's configuration reads the environment, so that one place can validate it, print it and mask its secrets. */
const environment = [
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'Only <app>.config.ts reads the environment; take the value from the configuration.',
  },
  {
    selector: "VariableDeclarator[init.name='process'] > ObjectPattern > Property[key.name='env']",
    message: 'Only <app>.config.ts reads the environment; take the value from the configuration.',
  },
  {
    selector: "ImportDeclaration[source.value=/^(node:)?process$/] > ImportSpecifier[imported.name='env']",
    message: 'Only <app>.config.ts reads the environment; take the value from the configuration.',
  },
];

export default defineConfig(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/coverage/**', '.nx/**', '.setup/**', '**/.purser/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.{ts,mts,js,mjs}'],
    plugins: { purser: { rules: { imports: importsRule } } },
    rules: {
      'purser/imports': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', { max: 400 }],
      'no-restricted-syntax': ['error', ...environment],
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'URL']
          .concat(['AbortController', 'AbortSignal', 'Buffer', 'TextDecoder', 'fetch', 'performance'])
          .map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: ['**/*.{ts,mts}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // tsc finds these, with types.
      'no-undef': 'off',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true, caughtErrors: 'none' },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // An injected class must stay a value import: Nest reads it from the decorator's metadata. tsc's
      // verbatimModuleSyntax refuses the opposite mistake.
      '@typescript-eslint/consistent-type-imports': 'off',
      // Style: what they find is no fault, and one release of tsc sees what the next does not.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      '@typescript-eslint/no-unsafe-function-type': 'off',
      '@typescript-eslint/no-this-alias': 'off',
      // Takes every method of an interface for one that needs its object; where one does, the first test throws.
      '@typescript-eslint/unbound-method': 'off',
      // An interface that answers a promise is often implemented by a method that has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: specs,
    rules: {
      // Tests look at parsed answers and at mocks; a wrong shape fails the test anyway.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.config.ts', '**/src/main.ts', 'libs/config/**', 'libs/testing/**', 'tools/**', '*.{js,mjs}'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
