/** `voxfit devices`: what fits can run on, measured. */
import type { CpuDevice, GpuDevice, GpuDevices } from '#engine/devices.ts';
import { parseArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { warn } from './warnings.ts';

const HELP = `voxfit devices - what fits can run on, and how fast each is

Usage: voxfit devices [--json]

  The processor, and the GPUs that WebGPU tells of: the fastest, the thriftiest
  and one in software; of cards of one name, one. Each is measured for a moment
  at what a fit does: the loss of 12 s of sound and its gradient. GPUs need the
  optional package “webgpu”, and a driver for Vulkan, Metal or Direct3D 12.

Options:
  --json  {"adapters":[{"name":...,"type":"hardware"|"software"|"cpu",
          "backend":"webgpu"|"cpu","limits":{...},"threads":...,
          "evaluations_per_second":...,"problem":...},...],"problem":...}
          limits of GPUs, by WebGPU's names; threads of the processor; a
          problem is one sentence or null, and the last one says why there are
          no GPUs, or no more of them
  --help  this text

Example:
  voxfit devices --json
`;

type Device = CpuDevice | GpuDevice;

/** The GPUs, or one sentence on why there are none. */
async function gpus(): Promise<GpuDevices> {
  const [{ nodeGpu }, { measureGpus }, { GpuError }] = await Promise.all([
    import('#engine/gpu/hosts/node-gpu.ts'),
    import('#engine/devices.ts'),
    import('#engine/gpu/device.ts'),
  ]);
  try {
    return await measureGpus(await nodeGpu(), ({ name }) => {
      note(`Measuring “${name}” …`);
    });
  } catch (error) {
    if (error instanceof GpuError) return { devices: [], problem: error.message };
    throw error;
  }
}

/** What goes on meanwhile: it may take minutes. */
function note(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
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
  note('Measuring the processor …');
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
