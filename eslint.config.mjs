import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** Names a test may not be switched on or off by: a suite that skips is a suite that lies. */
const SWITCHED_TESTS = [
  {
    selector:
      'MemberExpression[object.name=/^(describe|it|test)$/][property.name=/^(only|skip|todo|failing)$/]',
    message: 'Every test runs, always: mend it or remove it.',
  },
  {
    selector: 'CallExpression[callee.name=/^(fdescribe|fit|xdescribe|xit|xtest)$/]',
    message: 'Every test runs, always: mend it or remove it.',
  },
];

const NO_AMBIENT_INPUT = 'Replaying must give the same state: take time, ids and chance as arguments.';

/** What decides and folds may not ask the machine for. */
const AMBIENT_INPUT = [
  { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: NO_AMBIENT_INPUT },
  { selector: 'CallExpression[callee.name="Date"]', message: NO_AMBIENT_INPUT },
];

/** What the scripts use of Node without importing it. */
const NODE_GLOBALS = [
  'Buffer',
  'URL',
  'clearInterval',
  'clearTimeout',
  'console',
  'performance',
  'process',
  'setInterval',
  'setTimeout',
];

export default tseslint.config(
  { ignores: ['dist/', 'data/', 'coverage/', 'node_modules/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: Object.fromEntries(NODE_GLOBALS.map((name) => [name, 'readonly'])),
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Work whose failure nobody sees is the way money gets lost. `void` says it on purpose: a rejection then crashes.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      // A new event, refusal or status must not fall through a switch written before it.
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      // Silent in files with decorators: there the compiler keeps the value imports that Nest injects by.
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unnecessary-type-arguments': 'error',
      '@typescript-eslint/prefer-reduce-type-parameter': 'error',
      '@typescript-eslint/no-unnecessary-boolean-literal-compare': 'error',
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'error',
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
      // Ports are asynchronous whether or not one adapter has something to wait for.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-restricted-globals': ['error', { name: 'parseFloat', message: 'No float touches money.' }],
      'no-restricted-properties': [
        'error',
        { object: 'Number', property: 'parseFloat', message: 'No float touches money.' },
      ],
      'no-restricted-syntax': ['error', ...SWITCHED_TESTS],
    },
  },
  {
    // The application logs. Tools print, and so does what has a process of its own, to whoever started it.
    files: ['src/**/*.ts', 'projections/**/*.ts'],
    ignores: ['src/main.ts', '**/*-process.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['**/*.decide.ts', '**/evolve.ts', '**/state.ts', 'src/kernel/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'parseFloat', message: 'No float touches money.' },
        ...['crypto', 'performance', 'process', 'setTimeout', 'setInterval', 'setImmediate', 'fetch'].map(
          (name) => ({
            name,
            message: NO_AMBIENT_INPUT,
          }),
        ),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Number', property: 'parseFloat', message: 'No float touches money.' },
        { object: 'Date', property: 'now', message: NO_AMBIENT_INPUT },
        { object: 'Math', property: 'random', message: NO_AMBIENT_INPUT },
      ],
      'no-restricted-syntax': ['error', ...SWITCHED_TESTS, ...AMBIENT_INPUT],
    },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    rules: {
      // Matchers such as expect.any() are typed any, and are read by nobody but expect.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  prettier,
);
