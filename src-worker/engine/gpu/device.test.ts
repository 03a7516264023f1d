import { afterAll, expect, it } from 'vitest';
import { describeWithGpu, testGpu } from '../../test-support/gpu.ts';
import { GpuContext, GpuError, answeredWithin } from './device.ts';
import { nodeGpu } from './node-gpu.ts';
import { Sums } from './sums.ts';

describeWithGpu('a GPU', () => {
  afterAll(async () => {
    (await testGpu()).end();
  });

  it('sums the parts of every segment', async () => {
    const context = await testGpu();
    const [segments, groups, width] = [3, 700, 5];
    const parts = Float32Array.from({ length: segments * groups * width }, (_, i) => Math.sin(i));
    const buffer = context.filled('parts', parts);
    const answer = context.numbers('sums', segments * width);
    const sums = await Sums.make(context, 'sums', groups, width);
    const got = await context.read(answer, segments * width, 0, (recording) => {
      sums.record(recording, sums.on(buffer, answer), segments);
    });
    for (let segment = 0; segment < segments; segment++)
      for (let k = 0; k < width; k++) {
        let sum = 0;
        for (let group = 0; group < groups; group++) sum += parts[(segment * groups + group) * width + k]!;
        expect(got[segment * width + k]).toBeCloseTo(sum, 4);
      }
  });

  it('says in one line that it was lost', async () => {
    const context = await GpuContext.open(await nodeGpu());
    const buffer = context.numbers('numbers', 4);
    context.device.destroy();
    await context.device.lost;
    await expect(context.read(buffer, 4)).rejects.toThrow(GpuError);
    await expect(context.read(buffer, 4)).rejects.toThrow(/^The GPU .*\.?$/);
  });

  it('waits for an answer as long as it was told', async () => {
    await expect(answeredWithin(1000, Promise.resolve(3))).resolves.toBe(3);
    await expect(answeredWithin(20, new Promise(() => undefined))).rejects.toThrow(
      'The GPU has not answered for 0.02 seconds.',
    );
  });

  it('refuses buffers larger than the adapter has', async () => {
    const context = await testGpu();
    expect(() => context.numbers('everything', 2 ** 40)).toThrow(GpuError);
  });
});
