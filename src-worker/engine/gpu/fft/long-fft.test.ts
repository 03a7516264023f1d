import { afterAll, expect, it } from 'vitest';
import { describeWithGpu, testGpu } from '../../../test-support/gpu.ts';
import type { KernelTimes } from '../device.ts';
import { LongFft } from './long-fft.ts';
import { rootTable } from './roots.ts';

/** e^{−2πi kn/N} by sines of float64. */
function naive(z: Float32Array, k: number, sign: 1 | -1): [number, number] {
  const points = z.length / 2;
  let [re, im] = [0, 0];
  for (let n = 0; n < points; n++) {
    const angle = (-sign * 2 * Math.PI * ((n * k) % points)) / points;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    re += z[2 * n]! * c - z[2 * n + 1]! * s;
    im += z[2 * n]! * s + z[2 * n + 1]! * c;
  }
  return [re, im];
}

const random = (count: number, seed: number): Float32Array => {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
};

describeWithGpu('the long transform', () => {
  afterAll(async () => {
    (await testGpu()).end();
  });

  it.each([12, 15, 19])('agrees with a sum at 2^%d points', async (bits) => {
    const context = await testGpu();
    const points = 2 ** bits;
    const rows = bits < 15 ? 3 : 1;
    const data = random(2 * points * rows, bits);
    const roots = rootTable(context);
    for (const direction of ['forward', 'inverse'] as const) {
      const input = context.filled('input', data);
      const output = context.numbers('output', data.length);
      const run = (await LongFft.make(context, points, direction, roots)).on(input, output);
      const got = await context.read(output, data.length, 0, (recording) => {
        run.record(recording, rows);
      });
      const scale = Math.sqrt(points);
      for (let row = 0; row < rows; row++) {
        const z = data.subarray(2 * points * row, 2 * points * (row + 1));
        for (const k of [0, 1, 5, points / 2 - 1, points / 2, Math.floor(0.71 * points), points - 1]) {
          const [re, im] = naive(z, k, direction === 'forward' ? 1 : -1);
          expect(Math.abs(got[2 * (row * points + k)]! - re) / scale).toBeLessThan(2e-6);
          expect(Math.abs(got[2 * (row * points + k) + 1]! - im) / scale).toBeLessThan(2e-6);
        }
      }
    }
  });

  it('goes forth and back', async () => {
    const context = await testGpu();
    const points = 2 ** 16;
    const data = random(2 * points, 7);
    const roots = rootTable(context);
    const [a, b] = [context.filled('a', data), context.numbers('b', data.length)];
    const forward = (await LongFft.make(context, points, 'forward', roots)).on(a, b);
    const inverse = (await LongFft.make(context, points, 'inverse', roots)).on(b, a);
    const got = await context.read(a, data.length, 0, (recording) => {
      forward.record(recording, 1);
      inverse.record(recording, 1);
    });
    const worst = got.reduce((most, v, i) => Math.max(most, Math.abs(v / points - data[i]!)), 0);
    expect(worst).toBeLessThan(1e-6);
  });

  it('is 5·N·log2 N operations and 48 bytes a point for each row, as a benchmark counts', async () => {
    const context = await testGpu();
    const [bits, rows] = [12, 3];
    const points = 2 ** bits;
    const numbers = 2 * points * rows;
    const [input, output] = [context.numbers('input', numbers), context.numbers('output', numbers)];
    const run = (await LongFft.make(context, points, 'forward', rootTable(context))).on(input, output);
    const times: KernelTimes = new Map();
    context.times = times;
    await context.read(output, 1, 0, (recording) => {
      run.record(recording, rows);
    });
    context.times = null;
    expect([...times.keys()]).toEqual(['forward FFT']);
    const { operations, bytes, dispatches } = times.get('forward FFT')!;
    expect(operations).toBeCloseTo(rows * 5 * points * bits, 3);
    expect(bytes).toBe(rows * 48 * points);
    expect(dispatches).toBe(3);
  });

  it('refuses lengths that are no power of two, too short or too long', async () => {
    const context = await testGpu();
    const roots = rootTable(context);
    for (const points of [2 ** 11, 5000, 2 ** 21])
      await expect(LongFft.make(context, points, 'forward', roots)).rejects.toThrow(RangeError);
  });
});
