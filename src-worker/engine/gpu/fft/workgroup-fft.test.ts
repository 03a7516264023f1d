import { afterAll, expect, it } from 'vitest';
import { describeWithGpu, testGpu } from '../../../test-support/gpu.ts';
import { noise } from '../../../test-support/made-up-signals.ts';
import { fftOperations } from '../work.ts';
import { UNIT_ROOT_OPERATIONS, UNIT_ROOT_WGSL, workgroupFft, type WorkgroupFft } from './workgroup-fft.ts';

type Sizes = Omit<WorkgroupFft, 'name' | 'inverse'>;

/** Transforms `signal`, complex numbers of `transforms` transforms one after the other. */
async function transformed(signal: Float32Array, sizes: Sizes, inverse: boolean): Promise<Float32Array> {
  const context = await testGpu();
  const { length, transforms, threads } = sizes;
  const held = (length * transforms) / threads;
  const lanes = length / held;
  const kernel = await context.kernel(
    'transform',
    /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> signal: array<vec2f>;
var<workgroup> exchange: array<vec2f, ${length * transforms}>;
${UNIT_ROOT_WGSL}
${workgroupFft({ ...sizes, name: 'transform', inverse })}
@compute @workgroup_size(${threads})
fn main(@builtin(local_invocation_index) thread: u32) {
  let first = thread / ${lanes}u * ${length}u + thread % ${lanes}u;
  var x: array<vec2f, ${held}>;
  for (var m = 0u; m < ${held}u; m++) { x[m] = signal[first + m * ${lanes}u]; }
  transform(thread, &x);
  for (var m = 0u; m < ${held}u; m++) { signal[first + m * ${lanes}u] = x[m]; }
}`,
    { items: length * transforms, operations: fftOperations(length) / length, bytes: 16 },
  );
  const buffer = context.filled('signal', signal);
  return context.read(buffer, signal.length, 0, (recording) => {
    recording.dispatch(kernel.on(buffer), 1);
  });
}

function naiveTransform(signal: Float32Array, length: number, inverse: boolean): Float64Array {
  const spectrum = new Float64Array(signal.length);
  const sign = inverse ? 1 : -1;
  const roots = Array.from({ length }, (_, i) => {
    const angle = (sign * 2 * Math.PI * i) / length;
    return [Math.cos(angle), Math.sin(angle)] as const;
  });
  for (let first = 0; first < signal.length; first += 2 * length)
    for (let k = 0; k < length; k++)
      for (let n = 0; n < length; n++) {
        const [cosine, sine] = roots[(k * n) % length]!;
        const [re, im] = [signal[first + 2 * n]!, signal[first + 2 * n + 1]!];
        spectrum[first + 2 * k]! += re * cosine - im * sine;
        spectrum[first + 2 * k + 1]! += re * sine + im * cosine;
      }
  return spectrum;
}

describeWithGpu('a transform in a workgroup', () => {
  afterAll(async () => {
    (await testGpu()).end();
  });

  it.each<Sizes>([
    { length: 2048, transforms: 1, threads: 256 },
    { length: 512, transforms: 4, threads: 256 },
    { length: 128, transforms: 16, threads: 256 },
    { length: 2048, transforms: 1, threads: 128 },
    { length: 1024, transforms: 1, threads: 128 },
    { length: 1024, transforms: 2, threads: 256 },
    { length: 512, transforms: 2, threads: 256 },
    { length: 256, transforms: 8, threads: 128 },
    { length: 64, transforms: 2, threads: 16 },
    { length: 8, transforms: 8, threads: 8 },
    { length: 4, transforms: 4, threads: 4 },
  ])('is the definition for $transforms × $length points on $threads threads', async (sizes) => {
    const signal = noise(2 * sizes.length * sizes.transforms, sizes.length);
    for (const inverse of [false, true]) {
      const got = await transformed(signal, sizes, inverse);
      const want = naiveTransform(signal, sizes.length, inverse);
      const rms = Math.sqrt(want.reduce((sum, v) => sum + v * v, 0) / want.length);
      const furthest = got.reduce((most, v, i) => Math.max(most, Math.abs(v - want[i]!)), 0);
      expect(furthest / rms).toBeLessThan(4e-6);
    }
  });

  it('knows every root to float32', async () => {
    const context = await testGpu();
    const length = 2 ** 12;
    const kernel = await context.kernel(
      'roots',
      /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> roots: array<vec2f>;
${UNIT_ROOT_WGSL}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) { roots[id.x] = unitRoot(id.x, ${length}u); }`,
      { items: length, operations: UNIT_ROOT_OPERATIONS, bytes: 8 },
    );
    const buffer = context.numbers('roots', 2 * length);
    const roots = await context.read(buffer, 2 * length, 0, (recording) => {
      recording.dispatch(kernel.on(buffer), length / 64);
    });
    for (let i = 0; i < length; i++) {
      const angle = (-2 * Math.PI * i) / length;
      expect(Math.abs(roots[2 * i]! - Math.cos(angle))).toBeLessThan(1.3e-7);
      expect(Math.abs(roots[2 * i + 1]! - Math.sin(angle))).toBeLessThan(1.3e-7);
    }
  });

  it('refuses what does not divide', () => {
    const refused = { name: 'transform', inverse: false };
    expect(() => workgroupFft({ ...refused, length: 2048, transforms: 1, threads: 1024 })).toThrow(
      RangeError,
    );
    expect(() => workgroupFft({ ...refused, length: 8, transforms: 17, threads: 17 })).toThrow(RangeError);
    expect(() => workgroupFft({ ...refused, length: 96, transforms: 1, threads: 12 })).toThrow(RangeError);
  });
});
