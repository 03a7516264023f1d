import tseslint from 'typescript-eslint';

const pureCore = {
  patterns: [
    { group: ['node:*', 'electron', 'svelte', 'svelte/*'], message: 'core is pure TypeScript.' },
    { group: ['#engine/*', '#audio/*'], message: 'core is imported by everyone and imports no one.' },
  ],
};

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'src-worker/kernels/', 'coverage/'] },
  ...tseslint.configs.strict,
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
);
