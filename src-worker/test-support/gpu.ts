/**
 * A GPU for tests: a software adapter, the same on every machine. Chromium brings one; a machine that has none skips these
 * tests by name, and under CI they fail.
 */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { GpuContext } from '#engine/gpu/device.ts';
import { nodeGpu } from '#engine/gpu/node-gpu.ts';

const SOFTWARE_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

const hasDriver = existsSync(SOFTWARE_DRIVER);
if (hasDriver) {
  // Read when Vulkan is first used, which is later than this.
  process.env['VK_ICD_FILENAMES'] = SOFTWARE_DRIVER;
  process.env['XDG_RUNTIME_DIR'] ??= tmpdir();
}

let opened: Promise<GpuContext> | undefined;

/** One context for all tests of a file. */
export function testGpu(): Promise<GpuContext> {
  opened ??= nodeGpu().then((gpu) => GpuContext.open(gpu));
  return opened;
}

/** A suite that needs a GPU. */
export function describeWithGpu(name: string, suite: () => void): void {
  if (hasDriver) describe(name, suite);
  else if (process.env['CI'])
    describe(name, () => {
      it('has a software GPU', () => {
        expect.fail('Chromium’s software GPU is missing: apt-get install chromium libvulkan1');
      });
    });
  else describe.skip(`${name} (needs Chromium’s software GPU)`, suite);
}
