/** How alike a recording and what should have been played are. */
import { gainToDb } from '#core/units.ts';

/** Correlated over this many samples to find where one lies in the other. */
const PROBE_SAMPLES = 4096;

/** Where `expected[probeAt…]` occurs in `recorded`, as an offset to add to positions of `expected`. */
export function findOffset(recorded: Float32Array, expected: Float32Array, probeAt: number): number {
  const probe = expected.subarray(probeAt, probeAt + PROBE_SAMPLES);
  // A sparse search first: sound is smooth enough for every fourth place, then the exact one.
  const score = (start: number, stride: number): number => {
    let sum = 0;
    let energy = 1e-12;
    for (let n = 0; n < probe.length; n += stride) {
      const sample = recorded[start + n]!;
      sum += sample * probe[n]!;
      energy += sample * sample;
    }
    return sum / Math.sqrt(energy);
  };
  let best = 0;
  let bestScore = -Infinity;
  for (let start = 0; start + probe.length <= recorded.length; start += 2) {
    const value = score(start, 8);
    if (value > bestScore) [best, bestScore] = [start, value];
  }
  let exact = best;
  let exactScore = -Infinity;
  for (let start = Math.max(0, best - 64); start <= best + 64; start++) {
    if (start + probe.length > recorded.length) break;
    const value = score(start, 1);
    if (value > exactScore) [exact, exactScore] = [start, value];
  }
  return exact - probeAt;
}

/** Energy of the difference to `expected` over that of `expected`, in dB, over samples [from, to) of `expected`. */
export function residualDb(
  recorded: Float32Array,
  expected: Float32Array,
  offset: number,
  from: number,
  to: number,
): number {
  let difference = 0;
  let energy = 0;
  for (let n = from; n < to; n++) {
    difference += (recorded[n + offset]! - expected[n]!) ** 2;
    energy += expected[n]! ** 2;
  }
  return gainToDb(Math.sqrt(difference / energy));
}

/** The gain that brings `b` nearest to `a`, over samples [from, to) of `b`. */
export function bestGain(a: Float32Array, b: Float32Array, offset: number, from: number, to: number): number {
  let ab = 0;
  let bb = 0;
  for (let n = from; n < to; n++) {
    ab += a[n + offset]! * b[n]!;
    bb += b[n]! ** 2;
  }
  return ab / bb;
}

/** Samples at which a sound that should repeat after `period` does not, by more than `tolerance`. */
export function breaksOfPeriod(sound: Float32Array, period: number, from: number, tolerance: number): number {
  let breaks = 0;
  for (let n = from + period; n < sound.length; n++)
    if (Math.abs(sound[n]! - sound[n - period]!) > tolerance) breaks++;
  return breaks;
}
