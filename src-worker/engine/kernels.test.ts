import { beforeEach, describe, expect, it } from 'vitest';
import { noise } from '../test-support/made-up-signals.ts';
import { loadKernelModule } from './kernel-module.ts';
import { Kernels, type BatchTables } from './kernels.ts';

let kernels: Kernels;
beforeEach(async () => {
  kernels = new Kernels(await loadKernelModule());
});

/** Puts numbers into new memory and answers where. */
function put(values: ArrayLike<number>): number {
  const address = kernels.allocateFloats(values.length);
  kernels.f32(address, values.length).set(values);
  return address;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, v, i) => sum + v * b[i]!, 0);

describe('memory', () => {
  it('is aligned, zeroed and disjoint', () => {
    const first = kernels.allocate(13);
    const second = kernels.allocate(70_000);
    expect(first % 64).toBe(0);
    expect(second % 64).toBe(0);
    expect(second).toBeGreaterThanOrEqual(first + 13);
    expect(kernels.f32(second, 17_500).every((v) => v === 0)).toBe(true);
  });

  it('refuses sizes of transforms it has no plan for', () => {
    for (const points of [500, 256, 1000]) expect(() => kernels.realPlan(points)).toThrow(String(points));
  });
});

describe('gain curve', () => {
  const gainDb = (power: number, ct: number, cs: number, et: number, es: number): number => {
    const level = 10 * Math.log10(power);
    return Math.min(0, cs * (ct - level), es * (et - level));
  };
  /** Powers from −300 to +60 dB, close to each other, on no round numbers. */
  const powers = Float32Array.from({ length: 4096 }, (_, i) => 10 ** (-30 + (36 * i) / 4095.3));

  it.each([
    [-18, 0.5, -48, -1],
    [-80, 0.95, -100, -0.01],
    [0, 0.01, -20, -3],
    [20, 0.3, 25, -0.4],
  ])('is exact to float32 for thresholds %f and %f, slopes', (ct, cs, et, es) => {
    const m = put(powers);
    const g = kernels.allocateFloats(powers.length);
    kernels.call.gainCurve(m, g, powers.length, ct, cs, et, es);
    kernels.f32(g, powers.length).forEach((gain, i) => {
      const db = gainDb(powers[i]!, ct, Math.fround(cs), et, Math.fround(es));
      // A level of hundreds of dB in float32, times the slope.
      const tolerance = 3e-7 * (1 + 300 * Math.max(cs, -es) * 0.12);
      if (db > -700)
        expect(Math.abs(gain / 10 ** (db / 20) - 1), `at power ${powers[i]!}`).toBeLessThan(tolerance);
    });
  });

  it('is 1 exactly between the thresholds, and never 0', () => {
    const m = put(powers);
    const g = kernels.allocateFloats(powers.length);
    kernels.call.gainCurve(m, g, powers.length, -20, 0.9, -40, -1e6);
    kernels.f32(g, powers.length).forEach((gain, i) => {
      const level = 10 * Math.log10(powers[i]!);
      if (level > -39.9 && level < -20.1) expect(gain).toBe(1);
      expect(gain).toBeGreaterThan(0);
      expect(gain).toBeLessThanOrEqual(1);
    });
  });

  it('has the adjoint that central differences give', () => {
    const [ct, cs, et, es] = [-30, 0.7, -50, -2];
    const some = powers.filter((_, i) => i % 16 === 0 && powers[i]! > 1e-8);
    const length = some.length - (some.length % 4);
    const m = put(some);
    const g = kernels.allocateFloats(length);
    const direction = noise(length, 1);
    const gradient = put(direction);
    const sums = kernels.allocate(4 * 8);
    kernels.call.gainCurve(m, g, length, ct, cs, et, es);
    kernels.call.gainCurveAdjoint(m, g, gradient, length, ct, cs, et, es, sums);
    const value = (powersAt: ArrayLike<number>, a: number, b: number, c: number, d: number) =>
      direction.reduce((sum, u, i) => sum + u * 10 ** (gainDb(powersAt[i]!, a, b, c, d) / 20), 0);
    const h = 1e-6;
    const difference = (at: (shift: number) => number) => (at(h) - at(-h)) / (2 * h);
    const want = [
      difference((s) => value(some, ct + s, cs, et, es)),
      difference((s) => value(some, ct, cs + s, et, es)),
      difference((s) => value(some, ct, cs, et + s, es)),
      difference((s) => value(some, ct, cs, et, es + s)),
    ];
    kernels.f64(sums, 4).forEach((got, i) => expect(got).toBeCloseTo(want[i]!, 6));
    const byPower = kernels.f32(gradient, length);
    for (let i = 0; i < length; i++) {
      const p = some[i]!;
      const slope =
        (10 ** (gainDb(p * (1 + h), ct, cs, et, es) / 20) -
          10 ** (gainDb(p * (1 - h), ct, cs, et, es) / 20)) /
        (2 * h * p);
      expect(Math.abs(byPower[i]! - direction[i]! * slope)).toBeLessThanOrEqual(1e-5 * Math.abs(slope));
    }
  });
});

describe('one-pole smoothers', () => {
  const length = 1000;
  const target = noise(length, 3).map((v) => 0.5 + 0.5 * v);

  it.each([
    [0.3, 0.01],
    [1e-5, 0.9],
    [1, 1],
    [0, 0],
  ])('follow attack %f and release %f', (attack, release) => {
    const y = kernels.allocateFloats(length);
    kernels.call.smoothGain(put(target), y, length, attack, release);
    let state = 1;
    kernels.f32(y, length).forEach((got, n) => {
      state += (target[n]! < state ? attack : release) * (target[n]! - state);
      expect(Math.abs(got - state)).toBeLessThan(1e-7);
    });
  });

  it('average the power above the floor', () => {
    const x = noise(length, 4).map((v, n) => (n % 100 < 50 ? v : 1e-6 * v));
    const m = kernels.allocateFloats(length);
    kernels.call.averagePower(put(x), m, length, 0.2);
    let state = 0;
    kernels.f32(m, length).forEach((got, n) => {
      state = 0.8 * state + 0.2 * Math.max(x[n]! ** 2, 1e-8);
      expect(Math.abs(got / state - 1)).toBeLessThan(1e-6);
    });
  });

  it('have the adjoints that central differences give', () => {
    const [attack, release] = [0.2, 0.03];
    const direction = noise(length, 5);
    const smooth = (g: ArrayLike<number>, a: number, r: number) => {
      let state = 1;
      return Array.from(g).reduce((sum, wanted, n) => {
        state += (wanted < state ? a : r) * (wanted - state);
        return sum + direction[n]! * state;
      }, 0);
    };
    const [g, gradient] = [put(target), put(direction)];
    const y = kernels.allocateFloats(length);
    const sums = kernels.allocate(2 * 8);
    kernels.call.smoothGain(g, y, length, attack, release);
    kernels.call.smoothGainAdjoint(g, y, gradient, length, attack, release, sums);
    const h = 1e-6;
    const [byAttack, byRelease] = kernels.f64(sums, 2);
    expect(
      byAttack! / ((smooth(target, attack + h, release) - smooth(target, attack - h, release)) / (2 * h)),
    ).toBeCloseTo(1, 3);
    expect(
      byRelease! / ((smooth(target, attack, release + h) - smooth(target, attack, release - h)) / (2 * h)),
    ).toBeCloseTo(1, 3);
    for (const n of [0, 1, 500, length - 1]) {
      const shifted = (shift: number) =>
        smooth(
          Float64Array.from(target, (v, i) => (i === n ? v + shift : v)),
          attack,
          release,
        );
      expect(kernels.f32(gradient, length)[n]!).toBeCloseTo((shifted(h) - shifted(-h)) / (2 * h), 5);
    }
  });
});

describe('overlap-save convolution', () => {
  const n = 512;
  const taps = noise(101, 6);
  const from = taps.length - 1;
  const hop = n - from;
  let tables: BatchTables;
  let filter: number;
  let ones: number;
  let scratch: readonly [number, number];

  beforeEach(() => {
    tables = kernels.batch(n);
    scratch = [kernels.allocate(n * 32), kernels.allocate(n * 32)];
    ones = put(new Float32Array(n).fill(1));
    filter = kernels.allocateFloats(n * 2);
    const impulse = kernels.f32(scratch[0], n * 8);
    taps.forEach((tap, i) => (impulse[i * 8] = tap / n));
    kernels.call.forwardBatch(scratch[0], n, tables.twiddles);
    for (let i = 0; i < n; i++) kernels.f32(filter, 2 * n).set([impulse[i * 8]!, impulse[i * 8 + 4]!], 2 * i);
  });

  /** y[i] = Σ taps[j] x[i + from − j] */
  const direct = (x: Float32Array, length: number) =>
    Float64Array.from({ length }, (_, i) => taps.reduce((sum, tap, j) => sum + tap * x[i + from - j]!, 0));

  function expectClose(got: ArrayLike<number>, want: ArrayLike<number>): void {
    const peak = Math.max(...Array.from(want, Math.abs));
    let worst = 0;
    for (let i = 0; i < want.length; i++) worst = Math.max(worst, Math.abs(got[i]! - want[i]!));
    expect(worst / peak).toBeLessThan(2e-6);
  }

  it('is the direct sum on one channel', () => {
    const batches = 2;
    const length = 8 * hop * batches;
    const x = noise(length + n, 7);
    const y = kernels.allocateFloats(length);
    kernels.call.convolveMono(put(x), y, batches, n, from, hop, ones, tables.twiddles, filter, scratch[0]);
    expectClose(kernels.f32(y, length), direct(x, length));
  });

  it('is the direct sum on two channels', () => {
    const batches = 3;
    const length = 4 * hop * batches;
    const channels = [noise(length + n, 8), noise(length + n, 9, 0.01)] as const;
    const outputs = [kernels.allocateFloats(length), kernels.allocateFloats(length)] as const;
    kernels.call.convolveStereo(
      put(channels[0]),
      put(channels[1]),
      ...outputs,
      batches,
      n,
      from,
      hop,
      ones,
      tables.twiddles,
      filter,
      scratch[0],
    );
    expectClose(kernels.f32(outputs[0], length), direct(channels[0], length));
    // What one channel leaks into the other is rounding at the louder one's level.
    const quiet = kernels.f32(outputs[1], length);
    direct(channels[1], length).forEach((v, i) => expect(Math.abs(quiet[i]! - v)).toBeLessThan(1e-5));
  });

  it('has an adjoint: ⟨A x, y⟩ = ⟨x, Aᵀ y⟩, and the gradient of the taps', () => {
    const batches = 2;
    const length = 8 * hop * batches;
    const x = noise(length + n, 10);
    const y = noise(length, 11);
    const mask = put(Float32Array.from({ length: n }, (_, i) => (i < from ? 0 : 1)));
    const gradY = kernels.allocateFloats(from + length + n);
    kernels.f32(gradY + from * 4, length).set(y);
    const gradX = kernels.allocateFloats(length + n);
    const gradFilter = kernels.allocate(n * 32);
    kernels.call.convolveMonoAdjoint(
      put(x),
      gradY,
      gradX,
      batches,
      n,
      hop,
      mask,
      ones,
      tables.twiddles,
      filter,
      ...scratch,
      gradFilter,
    );
    const [forward, backward] = [dot(direct(x, length), y), dot(x, kernels.f32(gradX, length + n))];
    expect(Math.abs(forward - backward)).toBeLessThan(1e-5 * Math.sqrt(length) * 10);
    expect(Math.abs(forward)).toBeGreaterThan(1);

    kernels.call.inverseBatch(gradFilter, n, tables.twiddles);
    const lanes = kernels.f32(gradFilter, n * 8);
    for (const j of [0, 1, 50, from]) {
      const got = (lanes[j * 8]! + lanes[j * 8 + 1]! + lanes[j * 8 + 2]! + lanes[j * 8 + 3]!) / n;
      const want = y.reduce((sum, v, i) => sum + v * x[i + from - j]!, 0);
      expect(Math.abs(got - want), `tap ${j}`).toBeLessThan(1e-4 * Math.sqrt(length));
    }
  });
});

describe('STFT frames', () => {
  const [n, hop, frames] = [128, 32, 10];
  const length = (frames + 3) * hop + n;
  type Pair = readonly [ArrayLike<number>, ArrayLike<number>];
  const pairOf = (seed: number): Pair => [noise(length, seed), noise(length, seed + 1)];

  /** Magnitudes of left, right, sum and difference in all frames, from the defining sum. */
  function magnitudes([left, right]: Pair): number[][] {
    const signals = [0, 1, 2, 3].map((signal) =>
      Float64Array.from({ length }, (_, i) => {
        if (signal < 2) return (signal === 0 ? left : right)[i]!;
        return signal === 2 ? left[i]! + right[i]! : left[i]! - right[i]!;
      }),
    );
    return signals.map((x) =>
      Array.from({ length: frames * (n / 2 + 1) }, (_, place) => {
        const [frame, bin] = [place % frames, Math.floor(place / frames)];
        let [re, im] = [0, 0];
        for (let i = 0; i < n; i++) {
          const windowed = (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n)) * x[frame * hop + i]!;
          re += windowed * Math.cos((2 * Math.PI * bin * i) / n);
          im -= windowed * Math.sin((2 * Math.PI * bin * i) / n);
        }
        return Math.sqrt(Math.max(re * re + im * im, 1e-8));
      }),
    );
  }

  /** What the kernel sums: squared differences of left and right, sum, difference; logarithms of the first and the others. */
  function sumsOf(pred: Pair, target: number[][]): number[] {
    const squares = [0, 0, 0, 0];
    const logarithms = [0, 0, 0, 0];
    magnitudes(pred).forEach((values, signal) =>
      values.forEach((x, i) => {
        const y = target[signal]![i]!;
        squares[signal]! += (y - x) ** 2;
        logarithms[signal]! += Math.abs(Math.log(x / y));
      }),
    );
    const [l, r, s, d] = squares as [number, number, number, number];
    return [l + r, s, d, logarithms[0]! + logarithms[1]!, logarithms[2]! + logarithms[3]!];
  }

  function load(addresses: readonly [number, number], pair: Pair): void {
    pair.forEach((channel, c) => {
      kernels.f32(addresses[c]!, length).set(channel);
    });
  }

  it('give the sums of the definition, and overlap-add is the adjoint of loading', () => {
    const tables = kernels.batch(n);
    const window = put(
      Float32Array.from({ length: n }, (_, i) => 0.25 - 0.25 * Math.cos((2 * Math.PI * i) / n)),
    );
    const places = kernels.allocate(n * 4);
    kernels.i32(places, n).set(tables.places.map((place) => place * 32));
    const scratch = kernels.allocate(n * 32);
    const kept = kernels.allocate(Math.ceil(frames / 4) * (n / 2 + 1) * 64);
    const sums = kernels.allocate(5 * 8);
    const signals = [kernels.allocateFloats(length), kernels.allocateFloats(length)] as const;
    const gradients = [kernels.allocateFloats(length), kernels.allocateFloats(length)] as const;
    const shape = [n, hop, frames, window, tables.twiddles, places, scratch, kept, 1e-8, sums] as const;
    const [pred, target, direction] = [pairOf(14), pairOf(12), pairOf(16)];
    load(signals, target);
    kernels.call.stftTarget(...signals, ...shape);
    load(signals, pred);

    const wanted = magnitudes(target);
    const want = sumsOf(pred, wanted);
    kernels.call.stftForward(...signals, ...shape);
    kernels.f64(sums, 5).forEach((got, i) => expect(got / want[i]!, `sum ${i}`).toBeCloseTo(1, 5));

    const step = 1e-7;
    const shifted = (shift: number) =>
      sumsOf(
        pred.map((channel, c) =>
          Float64Array.from(channel, (v, i) => v + shift * direction[c]![i]!),
        ) as unknown as Pair,
        wanted,
      );
    const [above, below] = [shifted(step), shifted(-step)];
    // Weights: the logarithms of left and right, of sum and difference, then the squares of left and right, sum, difference.
    [3, 4, 0, 1, 2].forEach((sum, place) => {
      const weights = put(Float32Array.from({ length: 5 }, (_, i) => (i === place ? 1 : 0)));
      for (const address of gradients) kernels.f32(address, length).fill(0);
      kernels.call.stftGradient(...signals, ...shape, weights, ...gradients);
      const along = gradients.reduce(
        (total, address, c) => total + dot(kernels.f32(address, length), direction[c]!),
        0,
      );
      const slope = (above[sum]! - below[sum]!) / (2 * step);
      // A squared distance's weight stands for that of its root's square: half the slope.
      expect(((sum < 3 ? 2 : 1) * along) / slope, `sum ${sum}`).toBeCloseTo(1, 3);
    });
  });
});
