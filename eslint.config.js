import svelte from 'eslint-plugin-svelte';
import tseslint from 'typescript-eslint';

const pureCore = {
  patterns: [
    { group: ['node:*', 'electron', 'svelte', 'svelte/*'], message: 'core is pure TypeScript.' },
    {
      group: ['#engine/*', '#audio/*', '#main/*'],
      message: 'core is imported by everyone and imports no one.',
    },
  ],
};
const window = {
  patterns: [
    { group: ['node:*', 'electron'], message: 'The window has no Node; ask the host through its ports.' },
    {
      group: ['#audio/*', '#main/*'],
      message: 'The window reaches files and processes only through its ports.',
    },
  ],
};

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'node_modules/', 'src-worker/kernels/', 'coverage/', 'resources/'] },
  ...tseslint.configs.strict,
  ...svelte.configs['flat/recommended'],
  {
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      eqeqeq: 'error',
      'no-restricted-globals': ['error', 'event'],
      'prefer-const': 'error',
    },
  },
  {
    files: ['src-worker/core/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': ['error', pureCore],
      'no-restricted-globals': ['error', 'process', 'Buffer', 'window', 'document'],
    },
  },
  {
    files: ['src-renderer/**/*.ts', 'src-renderer/**/*.svelte', 'src-renderer/**/*.svelte.ts'],
    ignores: ['**/*.test.ts'],
    languageOptions: { parserOptions: { parser: tseslint.parser, extraFileExtensions: ['.svelte'] } },
    rules: {
      'no-restricted-imports': ['error', window],
      // TypeScript knows the browser's globals.
      'no-undef': 'off',
    },
  },
);
