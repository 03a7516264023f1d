import { readFile } from 'node:fs/promises';

let module: Promise<WebAssembly.Module> | undefined;

/** The compiled kernels, read and compiled once per process. Needs the build (`npm run build`). */
export function loadKernelModule(): Promise<WebAssembly.Module> {
  module ??= readFile(kernelsUrl()).then((bytes) => WebAssembly.compile(bytes));
  return module;
}

/** `dist/kernels.wasm`, seen from the bundle in dist/ and from the sources in src-worker/engine/. */
function kernelsUrl(): URL {
  const inSources = import.meta.url.includes('/src-worker/');
  return new URL(inSources ? '../../dist/kernels.wasm' : './kernels.wasm', import.meta.url);
}
