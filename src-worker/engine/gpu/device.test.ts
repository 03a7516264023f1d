import { afterAll, expect, it } from 'vitest';
import { describeWithGpu, testGpu } from '../../test-support/gpu.ts';
import { GpuContext, GpuError, answeredWithin } from './device.ts';
import { nodeGpu } from './hosts/node-gpu.ts';
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

  it.each([true, false])('counts the work of every row, with times of passes: %s', async (hasTimes) => {
    const adapter = (await (await nodeGpu()).requestAdapter())!;
    const { info, limits } = adapter;
    const features = new Set(hasTimes ? adapter.features : []);
    const requestDevice = adapter.requestDevice.bind(adapter);
    const same = { info, limits, features, requestDevice };
    const context = await GpuContext.openAdapter(same as unknown as GPUAdapter);
    const work = { items: 10, operations: 3, bytes: 4, shared: { operations: 2, bytes: 8 } };
    const kernel = await context.kernel(
      'square',
      /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
@compute @workgroup_size(10)
fn main(@builtin(global_invocation_id) id: vec3u) { numbers[id.x] *= numbers[id.x]; }`,
      work,
    );
    const numbers = context.numbers('numbers', 30);
    context.times = new Map();
    await context.read(numbers, 1, 0, (recording) => {
      recording.dispatch(kernel.on(numbers), 1, 1, 3);
      recording.dispatch(kernel.on(numbers), 3, 1, 1, 2);
      recording.dispatch(kernel.on(numbers), 3, 1, 1, 0);
    });
    const { nanoseconds, ...counts } = context.times.get('square')!;
    expect(counts).toEqual({ dispatches: 3, operations: 5 * 30 + 2 * 20, bytes: 5 * 40 + 2 * 80 });
    if (!hasTimes) expect(nanoseconds).toBe(0);
    context.end();
  });

  it('says in one line that it was lost', async () => {
    const context = await GpuContext.open(await nodeGpu());
    const buffer = context.numbers('numbers', 4);
    context.device.destroy();
    await context.device.lost;
    await expect(context.read(buffer, 4)).rejects.toThrow(GpuError);
    await expect(context.read(buffer, 4)).rejects.toThrow(/^The GPU .*\.?$/);
  });

  it.each([
    ['unknown', '', 'The GPU was lost.'],
    ['unknown', 'Hung up\nin a driver', 'The GPU was lost (Hung up).'],
    ['destroyed', 'Taken away.', 'The GPU was lost (destroyed: Taken away).'],
  ])('says what is known of a loss: %s, “%s”', async (reason, message, sentence) => {
    const lost = Promise.resolve({ reason, message });
    const device = { lost, addEventListener: () => undefined };
    const requestDevice = () => Promise.resolve(device);
    const adapter = { info: {}, limits: {}, features: new Set(), requestDevice };
    const context = await GpuContext.openAdapter(adapter as unknown as GPUAdapter);
    await lost;
    expect(() => {
      context.check();
    }).toThrow(new GpuError(sentence));
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
