import prettier from 'eslint-config-prettier';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** What is banned everywhere, each with the reason a reader of the failure needs. */
const everywhere = [
  {
    selector: 'ExportAllDeclaration',
    message: 'No `export *`: an index names what it publishes.',
  },
  {
    selector: 'TSEnumDeclaration',
    message: 'No enum: use a const object and the union of its values.',
  },
  {
    selector: 'CatchClause > BlockStatement[body.length=0]',
    message: 'No swallowed error: handle it, or say by a statement why it may be ignored.',
  },
];

const dishonestTests = [
  {
    selector:
      'CallExpression[callee.object.name=/^(describe|it|test)$/][callee.property.name=/^(only|skip|todo|failing)$/]',
    message: 'A test either runs or does not exist: no only, skip, todo, failing.',
  },
  {
    selector: 'CallExpression[callee.name=/^(fit|fdescribe|xit|xtest|xdescribe)$/]',
    message: 'A test either runs or does not exist.',
  },
];

/** Time, randomness and the outer world enter the protocol as values. */
const impureInProtocol = [
  {
    selector: ':function[async=true]',
    message: 'libs/protocol is synchronous.',
  },
  { selector: 'AwaitExpression', message: 'libs/protocol is synchronous.' },
  { selector: 'ImportExpression', message: 'libs/protocol imports nothing.' },
];

const impureGlobals = [
  'Date',
  'performance',
  'process',
  'Buffer',
  'crypto',
  'fetch',
  'console',
  'globalThis',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'queueMicrotask',
  'Promise',
].map((name) => ({ name, message: 'libs/protocol is pure: time and randomness enter as values.' }));

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'tmp/', '.concordat/', '**/*.snap']),
  tseslint.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-var': 'error',
      'prefer-const': 'error',
      'max-lines': ['error', { max: 350 }],
      'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
      'no-restricted-syntax': ['error', ...everywhere],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ['libs/protocol/src/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/*.fixture.ts'],
    rules: {
      'max-lines-per-function': ['error', { max: 40, skipComments: true, skipBlankLines: true }],
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Randomness enters the protocol as a value.' },
      ],
      'no-restricted-syntax': ['error', ...everywhere, ...impureInProtocol],
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^[^.]', message: 'libs/protocol imports nothing but itself.' }] },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts', 'libs/*/src/conformance/**/*.ts'],
    rules: {
      // A describe block is a list of cases, not a function to be understood at once.
      'max-lines-per-function': 'off',
      'no-restricted-syntax': ['error', ...everywhere, ...dishonestTests],
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  prettier,
);
