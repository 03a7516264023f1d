import { describe, expect, it } from 'vitest';
import { realFft } from '../signal/fft.ts';
import { aWeightingTaps } from './a-weighting.ts';
import { MIN_STFT_SAMPLES, multiResolutionStftLoss, STFT_RESOLUTIONS } from './multi-resolution-stft.ts';

function noise(length: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

/** Magnitudes of all frames in a row, straight from the definition. */
function magnitudes(x: Float64Array, fftSize: number, hop: number): number[] {
  const taps = aWeightingTaps();
  const weighted = x.map((_, n) => taps.reduce((sum, tap, i) => sum + tap * (x[n + i - 50] ?? 0), 0));
  const at = (n: number): number => {
    if (n < 0) return weighted[-n]!;
    return n < x.length ? weighted[n]! : weighted[2 * (x.length - 1) - n]!;
  };
  const plan = realFft(fftSize);
  const [re, im] = [new Float64Array(plan.bins), new Float64Array(plan.bins)];
  const result: number[] = [];
  for (let frame = 0; frame <= Math.floor(x.length / hop); frame++) {
    const windowed = Float64Array.from(
      { length: fftSize },
      (_, n) => (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / fftSize)) * at(frame * hop + n - fftSize / 2),
    );
    plan.forward(windowed, re, im);
    re.forEach((value, k) => result.push(Math.sqrt(Math.max(value ** 2 + im[k]! ** 2, 1e-8))));
  }
  return result;
}

/** The loss of any number of signals taken together, straight from the definition. */
function oracle(pred: Float64Array[], target: Float64Array[]): number {
  const losses = STFT_RESOLUTIONS.map(({ fftSize, hop }) => {
    const x = pred.flatMap((signal) => magnitudes(signal, fftSize, hop));
    const y = target.flatMap((signal) => magnitudes(signal, fftSize, hop));
    const norm = (values: number[]): number => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));
    const logError = x.reduce((sum, v, i) => sum + Math.abs(Math.log(v) - Math.log(y[i]!)), 0);
    return norm(x.map((v, i) => y[i]! - v)) / norm(y) + logError / x.length;
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / 3;
}

const plus = (a: Float64Array, b: Float64Array): Float64Array => a.map((v, n) => v + b[n]!);
const minus = (a: Float64Array, b: Float64Array): Float64Array => a.map((v, n) => v - b[n]!);

describe('multi-resolution spectral loss', () => {
  // One block, blocks with a rest, and a last frame that begins a block of its own.
  it.each([MIN_STFT_SAMPLES, 1777, 33_301, 32_768])('is its definition for %i samples', (length) => {
    const [pl, pr, tl, tr] = [1, 2, 3, 4].map((seed) => noise(length, seed)) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    // A quiet stretch, so that the floor takes part.
    tl.fill(0, 0, length / 2);
    const loss = multiResolutionStftLoss([pl, pr], [tl, tr]);
    expect(loss.lr).toBeCloseTo(oracle([pl, pr], [tl, tr]), 10);
    const sum = oracle([plus(pl, pr)], [plus(tl, tr)]);
    const difference = oracle([minus(pl, pr)], [minus(tl, tr)]);
    expect(loss.ms).toBeCloseTo((sum + difference) / 2, 10);
  });

  it('is |1 − g| + |ln g| for a change of level, and 0 for none', () => {
    // Loud, so that the floor has no part in it.
    const target = [noise(20_000, 5), noise(20_000, 6)].map((x) => x.map((v) => 100 * v)) as [
      Float64Array,
      Float64Array,
    ];
    for (const gain of [1, 0.5, 1.25]) {
      const pred = [target[0].map((v) => gain * v), target[1].map((v) => gain * v)] as const;
      const expected = Math.abs(1 - gain) + Math.abs(Math.log(gain));
      const loss = multiResolutionStftLoss(pred, target);
      expect(loss.lr).toBeCloseTo(expected, 5);
      expect(loss.ms).toBeCloseTo(expected, 5);
    }
  });

  it('stays finite where the target’s difference is silent, and sees none between two mono signals', () => {
    const mono = noise(8000, 7).map((v) => 100 * v);
    const quieter = mono.map((v) => v / 2);
    const both = multiResolutionStftLoss([quieter, quieter], [mono, mono]);
    expect(both.ms).toBeCloseTo(both.lr / 2, 9);
    const wide = multiResolutionStftLoss([mono, quieter], [mono, mono]);
    expect(wide.ms).toBeGreaterThan(1000);
    expect(Number.isFinite(wide.ms)).toBe(true);
  });

  it('refuses signals that cannot be reflected', () => {
    const short = new Float32Array(1024);
    expect(() => multiResolutionStftLoss([short, short], [short, short])).toThrow('1025');
  });
});
