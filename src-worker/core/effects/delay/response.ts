/**
 * The delay's repeats, for pictures. Repeat k comes k·d after the direct sound, has passed the low-pass k times and the
 * interpolator of the line k times (realtime.ts):
 *
 *   level = gain · pan · γ^(k−1),   spectrum = level · |I(f) H(f)|^k
 *
 * with γ as it is lowered where the loop would not decay. Levels are those where the low-pass lets everything through
 * (its gain at 0 Hz is 1); times do not count the low-pass's own delay, well below a millisecond.
 */
import { addResponseDb } from '../filter-response.ts';
import { gainToDb } from '../../units.ts';
import { designDelay } from './realtime.ts';
import { delayValues } from './training.ts';

/** One repeat of an impulse. */
export interface DelayTap {
  /** 1 is the first repeat. */
  readonly number: number;
  /** After the direct sound. */
  readonly timeSeconds: number;
  /** Level relative to the direct sound before its pan; −Infinity on the far side of a hard pan. */
  readonly leftDb: number;
  readonly rightDb: number;
  /** Where the low-passes it went through have taken 3 dB. */
  readonly cutoffHz: number;
}

export interface DelayTapsOptions {
  readonly sampleRateHz: number;
  /** Repeats quieter than this on both sides are left out. */
  readonly floorDb: number;
  /** Repeats later than this are left out. */
  readonly longestSeconds: number;
}

/**
 * −3 dB frequency of k low-passes in series. With r = tan(πf/fs) / tan(πf0/fs) one has |H|⁻² = (1 − r²)² + r²/Q², which
 * is to be 2^(1/k).
 */
function cutoffHz(lowPassHz: number, q: number, number: number, sampleRateHz: number): number {
  const middle = 2 - 1 / (q * q);
  const square = (middle + Math.sqrt(middle * middle + 4 * (2 ** (1 / number) - 1))) / 2;
  const atFilter = Math.tan((Math.PI * lowPassHz) / sampleRateHz);
  return (sampleRateHz / Math.PI) * Math.atan(Math.sqrt(square) * atFilter);
}

/** |Σ taps[n] e^{−jωn}| by Horner's scheme. */
function tapsMagnitude(taps: ArrayLike<number>, angle: number): number {
  const c = Math.cos(angle);
  const s = -Math.sin(angle);
  let re = 0;
  let im = 0;
  for (let n = taps.length - 1; n >= 0; n--) {
    const next = re * c - im * s + taps[n]!;
    im = re * s + im * c;
    re = next;
  }
  return Math.hypot(re, im);
}

/** The repeats in order of time; `values` in the order of `delayParameters`. */
export function delayTaps(
  values: ArrayLike<number>,
  { sampleRateHz, floorDb, longestSeconds }: DelayTapsOptions,
): readonly DelayTap[] {
  const { lowPassHz, lowPassQ } = delayValues(values);
  const { delaySamples, feedback, gains } = designDelay(values, sampleRateHz);
  const [oddLeft, oddRight, evenLeft, evenRight] = Array.from(gains, gainToDb);
  const sides = { odd: [oddLeft!, oddRight!], even: [evenLeft!, evenRight!] } as const;
  const loudestDb = Math.max(...sides.odd, ...sides.even);
  const feedbackDb = gainToDb(feedback);
  const taps: DelayTap[] = [];
  for (let number = 1; (number * delaySamples) / sampleRateHz <= longestSeconds; number++) {
    const passedDb = number === 1 ? 0 : (number - 1) * feedbackDb;
    if (loudestDb + passedDb < floorDb) break;
    const [leftDb, rightDb] = sides[number % 2 === 1 ? 'odd' : 'even'].map((side) => side + passedDb);
    if (Math.max(leftDb!, rightDb!) < floorDb) continue;
    taps.push({
      number,
      timeSeconds: (number * delaySamples) / sampleRateHz,
      leftDb: leftDb!,
      rightDb: rightDb!,
      cutoffHz: cutoffHz(lowPassHz, lowPassQ, number, sampleRateHz),
    });
  }
  return taps;
}

/**
 * How repeat `number` is coloured, in dB relative to its `leftDb` and `rightDb`: one number per frequency in Hz, −Infinity
 * above half the sample rate. Add it to a tap's level for the spectrum of that repeat.
 */
export function delayTapResponseDb(
  values: ArrayLike<number>,
  number: number,
  freqHz: ArrayLike<number>,
  sampleRateHz: number,
): Float64Array {
  const { lowPass, taps } = designDelay(values, sampleRateHz);
  const responseDb = Float64Array.from(
    freqHz,
    (hz) => number * gainToDb(tapsMagnitude(taps, (2 * Math.PI * hz) / sampleRateHz)),
  );
  const [b0, b1, b2, a1, a2] = lowPass;
  addResponseDb({ b0: b0!, b1: b1!, b2: b2!, a1: a1!, a2: a2! }, number, freqHz, sampleRateHz, responseDb);
  return responseDb;
}
