/**
 * What the compressor and expander do to a level, for pictures; equations in realtime.ts. Levels are the detector's: mean
 * power in dB, so a full-scale sine is at −3.01 dB. The detector never hears less than −80 dB.
 */
import { dbToGain, gainToDb } from '../../units.ts';
import { designComp, type CompDesign } from './realtime.ts';
import { DETECTOR_FLOOR, compressorValues, staticGainDb } from './training.ts';

const DETECTOR_FLOOR_DB = 10 * Math.log10(DETECTOR_FLOOR);
/** Gains are held here; see realtime.ts. */
const LEAST_GAIN_DB = -400;
/** Steps since a jump take a sample, later this part of the time since then: all that moves then moves slowly. */
const STEP = 1 / 200;

/**
 * Static gain in dB (≤ 0) at a detector level in dB, without make-up; `values` in the order of `compParameters`.
 * Lookaheads within 0.3 ms of the longest change it by more than 0.1 dB, which only {@link compStepResponse} shows.
 */
export function compGainDb(values: ArrayLike<number>, levelDb: number): number {
  return Math.max(
    LEAST_GAIN_DB,
    staticGainDb(compressorValues(values), Math.max(levelDb, DETECTOR_FLOOR_DB)),
  );
}

/** Level in dB that comes out where `levelDb` goes in for long, make-up included. */
export function compTransferDb(values: ArrayLike<number>, levelDb: number): number {
  return levelDb + compGainDb(values, levelDb) + compressorValues(values).makeupDb;
}

export interface CompStepOptions {
  /** The input's level, first and after the jump, in dB. */
  readonly fromDb: number;
  readonly toDb: number;
  /** Length of the picture. The level jumps at 1/6 and returns at 1/2 of it, to the sample. */
  readonly seconds: number;
  readonly sampleRateHz: number;
  /** Number of points, the first at 0 s and the last at `seconds`. */
  readonly points: number;
}

export interface CompStepResponse {
  readonly timeSeconds: Float64Array;
  /** Of the input. */
  readonly levelDb: Float64Array;
  /** Smoothed, with lookahead (before the jump), without make-up. */
  readonly gainDb: Float64Array;
}

/** Smoothed gain y at sample indices that lie close where it moves fast. */
interface GainCurve {
  readonly sample: number[];
  readonly gain: number[];
}

/** Gain at a level in dB, with the slopes of the kernel. */
function targetGain({ settings }: CompDesign, power: number): number {
  const [, , , thresholdDb, expanderThresholdDb, slope, expanderSlope] = settings;
  const levelDb = 10 * Math.log10(power);
  return dbToGain(
    Math.max(
      LEAST_GAIN_DB,
      Math.min(0, slope! * (thresholdDb! - levelDb), expanderSlope! * (expanderThresholdDb! - levelDb)),
    ),
  );
}

/**
 * y for an input of constant power between the jumps, from rest. Between jumps the averaged power is an exponential, so a
 * step of D samples is exact but for the target gain, which is taken from its middle.
 */
function smoothedGain(design: CompDesign, powers: readonly number[], ends: readonly number[]): GainCurve {
  const [averaging, attack, release] = design.settings;
  const after = (coefficient: number, samples: number): number => (1 - coefficient) ** samples;
  let power = powers[0]!;
  let gain = targetGain(design, power);
  let at = 0;
  const curve: GainCurve = { sample: [0], gain: [gain] };
  powers.forEach((held, part) => {
    const start = at;
    const end = ends[part]!;
    while (at < end) {
      const step = Math.min(end - at, Math.max(1, Math.floor((at - start) * STEP)));
      const middle = held + (power - held) * after(averaging!, (step + 1) / 2);
      const target = targetGain(design, middle);
      gain = target + (gain - target) * after(target < gain ? attack! : release!, step);
      power = held + (power - held) * after(averaging!, step);
      at += step;
      curve.sample.push(at);
      curve.gain.push(gain);
    }
  });
  return curve;
}

/**
 * How the gain follows a jump of the input's level and back, as the compressor gives it at a sample rate, aligned with the
 * input (without its latency). The lookahead's filter is taken as the delay and the gain that it has for slow gains; its
 * ringing within a few samples of an instant attack is left out.
 */
export function compStepResponse(
  values: ArrayLike<number>,
  { fromDb, toDb, seconds, sampleRateHz, points }: CompStepOptions,
): CompStepResponse {
  const design = designComp(values, sampleRateHz);
  const { lookaheadSamples, taps } = design;
  const length = seconds * sampleRateHz;
  const up = Math.round(length / 6);
  const down = Math.round(length / 2);
  const powerOf = (levelDb: number): number => Math.max(DETECTOR_FLOOR, 10 ** (levelDb / 10));
  // Sample n has heard the input up to n, so the last sample before a jump is where its part ends.
  const { sample, gain } = smoothedGain(design, [fromDb, toDb, fromDb].map(powerOf), [
    up - 1,
    down - 1,
    Math.ceil(length + lookaheadSamples) + 1,
  ]);
  const slowGain = taps.reduce((sum, tap) => sum + tap, 0);
  const timeSeconds = Float64Array.from(
    { length: points },
    (_, i) => seconds * (i / Math.max(1, points - 1)),
  );
  let node = 0;
  const gainDb = timeSeconds.map((time) => {
    const at = time * sampleRateHz + lookaheadSamples;
    while (node < sample.length - 2 && sample[node + 1]! <= at) node++;
    const from = sample[node]!;
    const part = Math.min(1, (at - from) / (sample[node + 1]! - from));
    return gainToDb(Math.abs(slowGain * (gain[node]! + part * (gain[node + 1]! - gain[node]!))));
  });
  const levelDb = timeSeconds.map((time) => {
    const at = Math.round(time * sampleRateHz);
    return at >= up && at < down ? toDb : fromDb;
  });
  return { timeSeconds, levelDb, gainDb };
}
