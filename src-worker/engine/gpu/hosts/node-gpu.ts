/** WebGPU under plain Node.js: Dawn's binding, which is optional. */
import { tmpdir } from 'node:os';
import type { GpuConnection } from '../../backend.ts';
import { GpuError } from '../device.ts';
import { LocalGpu } from './local-gpu.ts';

/** The process dies if the binding's object is collected while a device is in use: it is kept as long as the process. */
let opened: Promise<GPU> | undefined;

/** Throws GpuError where the binding is not installed or cannot be loaded. */
export function nodeGpu(): Promise<GPU> {
  opened ??= open();
  return opened;
}

/** Rejects with GpuError where there is no GPU, or nothing to reach it with. */
export async function openNodeGpu(): Promise<GpuConnection> {
  return LocalGpu.open(await nodeGpu());
}

async function open(): Promise<GPU> {
  // Without it, the loaders of graphics drivers complain on stderr.
  process.env['XDG_RUNTIME_DIR'] ??= tmpdir();
  let binding: { create(options: string[]): GPU; globals: object };
  try {
    binding = (await import('webgpu')) as unknown as typeof binding;
  } catch {
    throw new GpuError('WebGPU is not installed here: npm install webgpu.');
  }
  Object.assign(globalThis, binding.globals);
  // Kernels here write what they share before they read it. To zero it first costs every workgroup a little, and
  // SwiftShader seconds for every kernel it compiles.
  return binding.create(['enable-dawn-features=disable_workgroup_init']);
}
