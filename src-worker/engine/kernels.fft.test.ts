import { beforeAll, describe, expect, it } from 'vitest';
import { loadKernelModule } from './kernel-module.ts';
import { Kernels } from './kernels.ts';

let kernels: Kernels;
beforeAll(async () => {
  kernels = new Kernels(await loadKernelModule());
});

/** Deterministic numbers in −1..1. */
function noise(length: number, seed = 1): Float64Array {
  let state = seed;
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state / 2 ** 31;
  });
}

describe('batched transform', () => {
  it.each([4, 8, 16, 128, 512, 2048])('equals the defining sum for %i points and goes back', (n) => {
    const tables = kernels.batch(n);
    const data = kernels.allocate(n * 32);
    const input = noise(n * 8);
    kernels.f32(data, n * 8).set(input);
    kernels.call.forwardBatch(data, n, tables.twiddles);
    const output = kernels.f32(data, n * 8).slice();
    for (const lane of [0, 3])
      for (const bin of [0, 1, n / 4, n / 2 - 1, n - 1]) {
        let re = 0;
        let im = 0;
        for (let i = 0; i < n; i++) {
          const angle = (-2 * Math.PI * ((i * bin) % n)) / n;
          const [xr, xi] = [input[i * 8 + lane]!, input[i * 8 + 4 + lane]!];
          re += xr * Math.cos(angle) - xi * Math.sin(angle);
          im += xr * Math.sin(angle) + xi * Math.cos(angle);
        }
        const place = tables.places[bin]!;
        expect(Math.abs(output[place * 8 + lane]! - re)).toBeLessThan(2e-6 * Math.sqrt(n) * 4);
        expect(Math.abs(output[place * 8 + 4 + lane]! - im)).toBeLessThan(2e-6 * Math.sqrt(n) * 4);
      }
    kernels.call.inverseBatch(data, n, tables.twiddles);
    const back = kernels.f32(data, n * 8);
    for (let i = 0; i < n * 8; i++)
      expect(Math.abs(back[i]! / n - Math.fround(input[i]!))).toBeLessThan(1e-6);
  });
});

describe('real transform', () => {
  it.each([512, 1024, 32_768, 524_288])('equals the defining sum for %i points and goes back', (points) => {
    const plan = kernels.realPlan(points);
    const [x, re, im] = [points, points / 2 + 4, points / 2 + 4].map((count) =>
      kernels.allocateFloats(count),
    ) as [number, number, number];
    const input = noise(points, 7);
    kernels.f32(x, points).set(input);
    kernels.call.forwardReal(x, re, im, plan);
    for (const bin of [
      0,
      1,
      2,
      3,
      4,
      5,
      points / 8 + 1,
      points / 4 - 1,
      points / 4,
      points / 4 + 1,
      points / 2 - 3,
      points / 2 - 1,
    ]) {
      let sumRe = 0;
      let sumIm = 0;
      for (let i = 0; i < points; i++) {
        const angle = (-2 * Math.PI * ((i * bin) % points)) / points;
        sumRe += input[i]! * Math.cos(angle);
        sumIm += input[i]! * Math.sin(angle);
      }
      const tolerance = 1e-6 * Math.sqrt(points);
      expect(Math.abs(kernels.f32(re, points / 2)[bin]! - sumRe), `re ${bin}`).toBeLessThan(tolerance);
      expect(Math.abs(kernels.f32(im, points / 2)[bin]! - sumIm), `im ${bin}`).toBeLessThan(tolerance);
    }
    const nyquist = input.reduce((sum, value, i) => sum + (i % 2 ? -value : value), 0) / points;
    kernels.call.inverseReal(re, im, x, plan);
    const back = kernels.f32(x, points);
    let worst = 0;
    for (let i = 0; i < points; i++)
      worst = Math.max(worst, Math.abs(back[i]! / points - (input[i]! - (i % 2 ? -nyquist : nyquist))));
    expect(worst).toBeLessThan(2e-6);
  });
});
