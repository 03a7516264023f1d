/** WebGPU under plain Node.js: Dawn's binding, which is optional. */
import { tmpdir } from 'node:os';
import type { GpuConnection } from '../../backend.ts';
import { GpuError, oneLine } from '../device.ts';
import { LocalGpu } from './local-gpu.ts';

/** The process dies if the binding's object is collected while a device is in use: it is kept as long as the process. */
let opened: Promise<GPU> | undefined;

export interface NodeGpuOptions {
  /** Timestamps to the nanosecond, for benchmarks; else they come in steps of 65.536 µs. What the first call says holds. */
  readonly exactTimestamps?: boolean;
}

/** Throws GpuError where the binding is not installed or cannot be loaded. */
export function nodeGpu(options: NodeGpuOptions = {}): Promise<GPU> {
  opened ??= open(options);
  return opened;
}

/** Rejects with GpuError where there is no GPU, or nothing to reach it with. */
export async function openNodeGpu(): Promise<GpuConnection> {
  return LocalGpu.open(await nodeGpu());
}

async function open({ exactTimestamps = false }: NodeGpuOptions): Promise<GPU> {
  // Without it, the loaders of graphics drivers complain on stderr.
  process.env['XDG_RUNTIME_DIR'] ??= tmpdir();
  try {
    const binding = (await import('webgpu')) as unknown as {
      create(options: string[]): GPU;
      globals: object;
    };
    Object.assign(globalThis, binding.globals);
    return binding.create([
      // Kernels here write what they share before they read it. To zero it first costs every workgroup a little, and
      // SwiftShader seconds for every kernel it compiles.
      'enable-dawn-features=disable_workgroup_init',
      ...(exactTimestamps ? ['disable-dawn-features=timestamp_quantization'] : []),
    ]);
  } catch (error) {
    throw loadingProblem(error);
  }
}

/** Why there is no binding, from what its import or its making threw. */
export function loadingProblem(error: unknown): GpuError {
  const { code, message } = error as Partial<NodeJS.ErrnoException>;
  if (code === 'ERR_MODULE_NOT_FOUND' && message?.includes("'webgpu'"))
    return new GpuError('WebGPU is not installed here: npm install webgpu.');
  return new GpuError(`WebGPU is installed but cannot be loaded here: ${oneLine(message ?? String(error))}`);
}
