import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'electron-vite';

const root = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const alias = {
  '#core': root('src-worker/core'),
  '#engine': root('src-worker/engine'),
  '#audio': root('src-worker/audio'),
  '#main': root('src-main'),
};

/** Electron's main process, its preload scripts, and the window; the child processes are built by rolldown.config.ts. */
export default defineConfig({
  main: {
    resolve: { alias },
    build: { outDir: 'out/main', rolldownOptions: { input: { index: root('src-main/index.ts') } } },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      externalizeDeps: false,
      // In the sandbox a preload script can load no other file.
      isolatedEntries: true,
      rolldownOptions: {
        input: { window: root('src-main/preload/window.ts'), gpu: root('src-main/preload/gpu.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src-renderer',
    resolve: { alias },
    plugins: [svelte()],
    worker: { format: 'es' },
    build: {
      outDir: root('out/renderer'),
      target: 'chrome120',
      assetsInlineLimit: 0,
      rolldownOptions: {
        input: { index: root('src-renderer/index.html'), gpu: root('src-renderer/gpu/index.html') },
      },
    },
  },
});
