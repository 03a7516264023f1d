/**
 * A GPU for tests: a software adapter, the same on every machine. Mesa's lavapipe (25 or later) compiles shaders as well as a
 * real driver; Chromium's SwiftShader does too, but is some fifty times slower. A machine that has neither skips these tests
 * by name, and under CI they fail.
 */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { GpuContext } from '#engine/gpu/device.ts';
import { nodeGpu } from '#engine/gpu/hosts/node-gpu.ts';

const DRIVERS = ['/usr/share/vulkan/icd.d/lvp_icd.json', '/usr/lib/chromium/vk_swiftshader_icd.json'];

/** Whoever names a driver has it tested. */
const driver = process.env['VK_ICD_FILENAMES'] ?? DRIVERS.find(existsSync);
if (driver !== undefined) {
  // Read when Vulkan is first used, which is later than this.
  process.env['VK_ICD_FILENAMES'] = driver;
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
  if (driver !== undefined) describe(name, suite);
  else if (process.env['CI'])
    describe(name, () => {
      it('has a software GPU', () => {
        expect.fail('There is no software GPU: install Mesa’s Vulkan drivers, version 25 or later.');
      });
    });
  else describe.skip(`${name} (needs a software GPU)`, suite);
}
