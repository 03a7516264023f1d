/**
 * Handles on the decay curve: each moves the T60 of a few of the 49 points around it at once,
 *
 *   T60_i ← T60_i · k^w_i,   w_i = (1 + cos(π d_i / W)) / 2 for d_i < W, else 0
 *
 * with d_i the octaves between the handle and point i, W the width (half as much is left at W/2 to either side), and k
 * such that the curve passes through where the handle was put. Points lie every 459 Hz, from 0 Hz on: most of them are
 * high, so handles are at points, evenly in octaves; the lowest stands for the point at 0 Hz, which is the greater part
 * of what there is up to 230 Hz.
 */
import { DECAY_BANDS, decayDisplay } from '#core/effects/fdn/params.ts';
import { BAND_HZ, LONGEST_SECONDS, SHORTEST_SECONDS, solveRising, stretched } from './macros.ts';

export interface Neighbourhood {
  /** Of its decay point; also in its test id. */
  readonly band: number;
  readonly freqHz: number;
}

const LOWEST_HZ = 150;
const hzOf = (band: number): number => (band === 0 ? LOWEST_HZ : band * BAND_HZ);

/** 150, 459, 919 Hz, 3.2, 6.9 and 14.2 kHz. */
export const NEIGHBOURHOODS: readonly Neighbourhood[] = [0, 1, 2, 7, 15, 31].map((band) => ({
  band,
  freqHz: hzOf(band),
}));

/** In octaves. */
export const NEIGHBOURHOOD_WIDTH = { min: 0.5, max: 6, default: 2 } as const;

/** T60 in seconds at a frequency: between two points γ is interpolated linearly, as in the training form. */
export function decayBetween(times: readonly number[], freqHz: number): number {
  const place = Math.min(Math.max(freqHz / BAND_HZ, 0), DECAY_BANDS - 1);
  const band = Math.min(Math.floor(place), DECAY_BANDS - 2);
  const [lower, upper] = [decayDisplay.toValue(times[band]!), decayDisplay.toValue(times[band + 1]!)];
  return decayDisplay.toPhysical(lower + (place - band) * (upper - lower));
}

/** How far each of the 49 points goes with a handle, 0..1. */
export function neighbourWeights(freqHz: number, widthOctaves: number): number[] {
  return Array.from({ length: DECAY_BANDS }, (_, band) => {
    const octaves = Math.abs(Math.log2(hzOf(band) / freqHz));
    return octaves < widthOctaves ? (1 + Math.cos((Math.PI * octaves) / widthOctaves)) / 2 : 0;
  });
}

/**
 * The 49 T60 with one neighbourhood moved so that the curve is at `seconds` there; as near as 0.02–8.95 s at the handle's
 * own point allow.
 */
export function movedNeighbourhood(
  times: readonly number[],
  { band, freqHz }: Neighbourhood,
  widthOctaves: number,
  seconds: number,
): number[] {
  const weights = neighbourWeights(freqHz, widthOctaves);
  const centre = times[band]!;
  const octaves = solveRising((x) => decayBetween(stretched(times, weights, x), freqHz), seconds, [
    Math.min(0, Math.log2(SHORTEST_SECONDS / centre)),
    Math.max(0, Math.log2(LONGEST_SECONDS / centre)),
  ]);
  return stretched(times, weights, octaves);
}
