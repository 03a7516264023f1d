/**
 * MLDR: multi-scale loss on the loudness dynamic range (DiffVox `MLDRLoss`).
 *
 *   v = max(x², 1e-8)      avg_c(v)[n] = (1 − c) avg_c(v)[n−1] + c v[n], from 0
 *   f(v) = ln avg_short(v) − roll(ln avg_long(v), −S),  S = ⌊fs (long − short) / 2⌋
 *   LDR = mean |f(pred) − f(target)|,  MLDR = LDR(50 ms, 1 s) + LDR(100 ms, 2 s)
 *
 * The roll runs over all rows as one: the end of the left (or mid) row meets the beginning of the right (or side) row,
 * and the end of that the beginning of the first. The averages start at 0 in each row.
 * l/r compares the channels, m/s (L+R)/√2 and (L−R)/√2.
 */
import { FIT_SAMPLE_RATE_HZ } from '../units.ts';
import type { StereoSamples } from './multi-resolution-stft.ts';

/** Least power of a sample. */
export const SAMPLE_POWER_FLOOR = 1e-8;

export interface LdrScale {
  readonly shortMs: number;
  readonly longMs: number;
  /** One-pole coefficients per sample. */
  readonly shortCoefficient: number;
  readonly longCoefficient: number;
  /** How far the long average is advanced. */
  readonly rollSamples: number;
}

/** 1 − exp(−2200 / (ms·fs)) as the published system has it: exp in float32, so the result is a multiple of 2^−24. */
const published = (steps: number): number => steps / 2 ** 24;
const scale = (shortMs: number, shortSteps: number, longMs: number, longSteps: number): LdrScale => ({
  shortMs,
  longMs,
  shortCoefficient: published(shortSteps),
  longCoefficient: published(longSteps),
  rollSamples: Math.floor(FIT_SAMPLE_RATE_HZ * (longMs - shortMs) * 0.0005),
});

export const LDR_SCALES: readonly LdrScale[] = [scale(50, 16_731, 1000, 837), scale(100, 8367, 2000, 418)];

/** Each row as a mix of left and right. */
export type Rows = readonly (readonly [left: number, right: number])[];
export const LEFT_RIGHT: Rows = [
  [1, 0],
  [0, 1],
];
export const MID_SIDE: Rows = [
  [Math.SQRT1_2, Math.SQRT1_2],
  [Math.SQRT1_2, -Math.SQRT1_2],
];

/**
 * A function that gives avg(pred²) / avg(target²) of the next sample at each call, row after row. The ratio is all that
 * the loss needs of either average.
 */
function powerRatios(
  pred: StereoSamples,
  target: StereoSamples,
  rows: Rows,
  coefficient: number,
): () => number {
  const [predLeft, predRight] = pred;
  const [targetLeft, targetRight] = target;
  const lengthSamples = predLeft.length;
  const keep = 1 - coefficient;
  let row = -1;
  let n = lengthSamples;
  let left = 0;
  let right = 0;
  let predPower = 0;
  let targetPower = 0;
  return () => {
    if (n === lengthSamples) {
      n = predPower = targetPower = 0;
      [left, right] = rows[++row]!;
    }
    const p = left * predLeft[n]! + right * predRight[n]!;
    const t = left * targetLeft[n]! + right * targetRight[n]!;
    n++;
    predPower = keep * predPower + coefficient * Math.max(p * p, SAMPLE_POWER_FLOOR);
    targetPower = keep * targetPower + coefficient * Math.max(t * t, SAMPLE_POWER_FLOOR);
    return predPower / targetPower;
  };
}

function dynamicRangeLoss(pred: StereoSamples, target: StereoSamples, rows: Rows, ldr: LdrScale): number {
  const total = rows.length * pred[0].length;
  const roll = ldr.rollSamples % total;
  const nextShort = powerRatios(pred, target, rows, ldr.shortCoefficient);
  const nextLong = powerRatios(pred, target, rows, ldr.longCoefficient);
  // The long average runs `roll` samples ahead; its beginning is met again at the end.
  const beginning = new Float64Array(roll);
  for (let n = 0; n < roll; n++) beginning[n] = nextLong();
  let sum = 0;
  for (let n = 0; n < total - roll; n++) sum += Math.abs(Math.log(nextShort() / nextLong()));
  for (let n = 0; n < roll; n++) sum += Math.abs(Math.log(nextShort() / beginning[n]!));
  return sum / total;
}

/**
 * The loss on left and right and the loss on mid and side, both unweighted. All four arrays have one length of at least
 * one sample at 44.1 kHz; in signals shorter than the roll, it wraps more than once.
 */
export function loudnessDynamicRangeLoss(
  pred: StereoSamples,
  target: StereoSamples,
): { lr: number; ms: number } {
  if (pred[0].length === 0) throw new RangeError('The dynamics loss needs one sample or more, got 0.');
  const over = (rows: Rows): number =>
    LDR_SCALES.reduce((sum, ldr) => sum + dynamicRangeLoss(pred, target, rows, ldr), 0);
  return { lr: over(LEFT_RIGHT), ms: over(MID_SIDE) };
}
