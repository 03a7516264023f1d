/**
 * Weighted mean-square power of overlapping blocks, the raw material of every loudness measure:
 *
 *   z_j = Σ_channels G_i · mean over block j of (K-weighted x_i)²
 *   L_j = −0.691 + 10 log10 z_j      (ITU-R BS.1770-4, equations 1 and 2)
 *
 * Blocks start every 100 ms and last a multiple of that, so energies are summed per 100 ms once, and any block is
 * a sum of them.
 */
import type { Audio } from '../signal/audio.ts';
import { lengthSamples } from '../signal/audio.ts';
import type { Biquad } from '../signal/biquad.ts';
import { channelWeights } from './channel-weights.ts';
import type { Weighting } from './k-weighting.ts';
import { kWeighting } from './k-weighting.ts';

const STEPS_PER_SECOND = 10;
export const STEP_SECONDS = 1 / STEPS_PER_SECOND;

/** Below this a filter's state is silence; subnormal numbers would make the loop many times slower. */
const SILENT_STATE = 1e-250;

/** Energies of consecutive steps of 100 ms, channels weighted and summed; the last step may be shorter. */
export interface StepEnergies {
  readonly sampleRateHz: number;
  readonly lengthSamples: number;
  readonly energies: Float64Array;
}

/** Loudness of a weighted mean square, in LUFS; −Infinity for 0. */
export function powerToLufs(power: number): number {
  return -0.691 + 10 * Math.log10(power);
}

/** Adds the energy of each step of one channel, filtered by two biquads in a row (transposed direct form II). */
function addChannelEnergies(
  x: Float32Array,
  weight: number,
  [shelf, highPass]: readonly [Biquad, Biquad],
  sampleRateHz: number,
  energies: Float64Array,
): void {
  const { b0, b1, b2, a1, a2 } = shelf;
  const { b0: c0, b1: c1, b2: c2, a1: d1, a2: d2 } = highPass;
  let s1 = 0;
  let s2 = 0;
  let r1 = 0;
  let r2 = 0;
  for (let step = 0; step < energies.length; step++) {
    const start = Math.floor((step * sampleRateHz) / STEPS_PER_SECOND);
    const end = Math.min(x.length, Math.floor(((step + 1) * sampleRateHz) / STEPS_PER_SECOND));
    let energy = 0;
    for (let n = start; n < end; n++) {
      const input = x[n];
      const shelved = b0 * input + s1;
      s1 = b1 * input - a1 * shelved + s2;
      s2 = b2 * input - a2 * shelved;
      const output = c0 * shelved + r1;
      r1 = c1 * shelved - d1 * output + r2;
      r2 = c2 * shelved - d2 * output;
      energy += output * output;
    }
    energies[step] += weight * energy;
    if (Math.abs(s1) + Math.abs(s2) + Math.abs(r1) + Math.abs(r2) < SILENT_STATE) s1 = s2 = r1 = r2 = 0;
  }
}

export function stepEnergies(audio: Audio, weighting: Weighting = 'bs1770'): StepEnergies {
  const { sampleRateHz, channels } = audio;
  const length = lengthSamples(audio);
  const energies = new Float64Array(Math.ceil((length * STEPS_PER_SECOND) / sampleRateHz));
  const filters = kWeighting(sampleRateHz, weighting);
  const weights = channelWeights(channels.length);
  channels.forEach((channel, i) => {
    if (weights[i] > 0) addChannelEnergies(channel, weights[i], filters, sampleRateHz, energies);
  });
  return { sampleRateHz, lengthSamples: length, energies };
}

/** Blocks that fit into the material. */
export function countBlocks({ lengthSamples, sampleRateHz }: StepEnergies, blockSteps: number): number {
  const steps = Math.floor((lengthSamples * STEPS_PER_SECOND) / sampleRateHz + 1e-9);
  return Math.max(0, steps - blockSteps + 1);
}

/**
 * Power of blocks of `blockSteps` · 100 ms, one every 100 ms; steps beyond the end count as silence. Material too
 * short for one block is one block of its own length; none at all gives no block.
 */
export function blockPowers(
  steps: StepEnergies,
  blockSteps: number,
  blocks = countBlocks(steps, blockSteps),
): Float64Array {
  const { energies, sampleRateHz, lengthSamples } = steps;
  if (lengthSamples === 0) return new Float64Array(0);
  if (blocks <= 0) return Float64Array.of(energies.reduce((sum, energy) => sum + energy, 0) / lengthSamples);
  const blockSamples = (blockSteps * sampleRateHz) / STEPS_PER_SECOND;
  return Float64Array.from({ length: blocks }, (_, block) => {
    let energy = 0;
    for (let step = block; step < Math.min(energies.length, block + blockSteps); step++)
      energy += energies[step];
    return energy / blockSamples;
  });
}
