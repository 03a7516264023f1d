/** `voxfit devices`: what fits can run on, measured. */
import type { CpuDevice, GpuDevice } from '#engine/devices.ts';
import { parseArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { warn } from './warnings.ts';

const HELP = `voxfit devices - what fits can run on, and how fast each is

Usage: voxfit devices [--json]

  The processor, and every GPU that WebGPU finds, each measured for a moment at
  what a fit does: the loss of 12 s of sound and its gradient. GPUs need the
  optional package “webgpu”, and a driver for Vulkan, Metal or Direct3D 12.

Options:
  --json  {"adapters":[{"name":...,"type":"hardware"|"software"|"cpu",
          "backend":"webgpu"|"cpu","limits":{...},"threads":...,
          "evaluations_per_second":...,"problem":...},...],"problem":...}
          limits of GPUs, threads of the processor; a problem is one sentence
          or null, the last one says why there is no GPU
  --help  this text

Example:
  voxfit devices --json
`;

type Device = CpuDevice | GpuDevice;

/** The GPUs, or one sentence on why there are none. */
async function gpus(): Promise<{ devices: readonly GpuDevice[]; problem: string | null }> {
  const [{ nodeGpu }, { measureGpus }, { GpuError }] = await Promise.all([
    import('#engine/gpu/hosts/node-gpu.ts'),
    import('#engine/devices.ts'),
    import('#engine/gpu/device.ts'),
  ]);
  try {
    const devices = await measureGpus(await nodeGpu());
    return { devices, problem: devices.length > 0 ? null : 'No GPU that WebGPU can use was found.' };
  } catch (error) {
    if (error instanceof GpuError) return { devices: [], problem: error.message };
    throw error;
  }
}

function tableRow(device: Device): string {
  const rate = device.evaluationsPerSecond;
  const type = device.type === 'cpu' ? `${device.threads} threads` : device.type;
  const speed = rate === null ? '-' : rate.toFixed(rate < 10 ? 1 : 0);
  return `${device.backend.padEnd(7)} ${type.padEnd(11)} ${speed.padStart(7)}  ${device.name}`;
}

async function run(argv: readonly string[]): Promise<number> {
  const { options } = parseArguments(argv, {
    command: 'devices',
    positionals: [],
    options: { json: 'flag' },
  });
  const { measureCpu } = await import('#engine/devices.ts');
  const cpu = await measureCpu();
  const { devices, problem } = await gpus();
  const all: Device[] = [cpu, ...devices];
  if (options.json) {
    const adapters = all.map(({ evaluationsPerSecond, ...facts }) => ({
      ...facts,
      evaluations_per_second: evaluationsPerSecond,
    }));
    process.stdout.write(`${JSON.stringify({ adapters, problem })}\n`);
    return 0;
  }
  process.stdout.write(`${['Backend Type        Evals/s  Name', ...all.map(tableRow)].join('\n')}\n`);
  for (const { problem: sentence } of [...all, { problem }]) if (sentence !== null) warn(sentence);
  return 0;
}

export const devicesCommand: Command = { help: HELP, run };
