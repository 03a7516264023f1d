/**
 * The same fit on the processor and on a GPU: where both end, on the eight MedleyDB pairs in ../shared. A GPU in software is
 * given three seconds of each and one trajectory, or it would take hours.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fitPair, type FitOptions } from '#engine/fit.ts';
import { GpuError } from '#engine/gpu/device.ts';
import { openNodeGpu } from '#engine/gpu/hosts/node-gpu.ts';
import { readPair } from '../src-worker/host/cli/pair.ts';
import { heading, row } from './timing.ts';

const pairs = fileURLToPath(new URL('../../shared/medleydb/', import.meta.url));
const IN_SOFTWARE: FitOptions = { fromSeconds: 5, toSeconds: 8, threads: 1 };
const SHORTEST_SECONDS = 1;

const percent = (ratio: number): string => `${(100 * (ratio - 1)).toFixed(2)} %`;

async function compare(options: FitOptions): Promise<void> {
  const ratios: number[] = [];
  for (const name of await readdir(pairs)) {
    const [dry, wet] = ['dry.mp3', 'wet.mp3'].map((file) => join(pairs, name, file)) as [string, string];
    const pair = await readPair(dry, wet, SHORTEST_SECONDS);
    const onCpu = await fitPair(pair.dry, pair.wet, options);
    const onGpu = await fitPair(pair.dry, pair.wet, { ...options, backend: 'webgpu', openGpu: openNodeGpu });
    if (onGpu.use.backend === 'cpu') throw new GpuError(onGpu.use.sentence);
    ratios.push(onGpu.loss / onCpu.loss);
    row(
      name,
      percent(ratios.at(-1)!),
      `GPU ${onGpu.loss.toFixed(4)} in ${onGpu.elapsed.toFixed(0)} s, processor ${onCpu.loss.toFixed(4)} in ${onCpu.elapsed.toFixed(0)} s`,
    );
  }
  row('in the mean', percent(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length));
}

export async function benchBackends(): Promise<void> {
  heading('Loss on a GPU against that on the processor, default fits');
  if (!existsSync(pairs)) {
    row('skipped: no ../shared/medleydb', '');
    return;
  }
  try {
    const gpu = await openNodeGpu();
    gpu.end();
    row(gpu.adapter.name, gpu.adapter.type);
    await compare(gpu.adapter.type === 'software' ? IN_SOFTWARE : {});
  } catch (error) {
    if (!(error instanceof GpuError)) throw error;
    row('skipped', '', error.message);
  }
}
