import { defineConfig } from 'rolldown';

export default defineConfig({
  input: {
    cli: 'src-worker/host/cli/index.ts',
    'evaluation-thread': 'src-worker/host/evaluation-thread.ts',
    'training-thread': 'src-worker/host/training-thread.ts',
    'engine-process': 'src-worker/host/engine-process.ts',
    'audio-process': 'src-worker/host/audio-process.ts',
    start: 'src-main/start.ts',
    'make-demo': 'src-worker/demo/index.ts',
    'train-prior': 'src-worker/host/train-prior.ts',
    bench: 'bench/index.ts',
    'bench-gpu': 'bench/gpu.ts',
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
