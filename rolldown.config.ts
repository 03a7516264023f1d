import { defineConfig } from 'rolldown';

export default defineConfig({
  input: {
    cli: 'src-worker/host/cli/index.ts',
    'evaluation-thread': 'src-worker/host/evaluation-thread.ts',
    bench: 'bench/index.ts',
  },
  platform: 'node',
  external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('#'),
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    sourcemap: true,
  },
});
