/**
 * Integrated loudness (ITU-R BS.1770-4, equations 3 to 7): the mean power of the blocks of 400 ms that are louder
 * than −70 LUFS, and louder than 10 LU below the mean of those.
 */
import type { Audio } from '../signal/audio.ts';
import { blockPowers, countBlocks, powerToLufs, stepEnergies } from './block-power.ts';
import type { Weighting } from './k-weighting.ts';

const BLOCK_STEPS = 4;
const ABSOLUTE_GATE_LUFS = -70;
const RELATIVE_GATE_LU = -10;

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

export interface LoudnessOptions {
  readonly weighting?: Weighting;
}

/**
 * In LUFS; −Infinity when every block is gated. Material shorter than 400 ms is one block. The `pyloudnorm`
 * weighting also counts blocks as that package does: rounded, so that a last block may reach over the end.
 */
export function integratedLufs(audio: Audio, { weighting = 'bs1770' }: LoudnessOptions = {}): number {
  const steps = stepEnergies(audio, weighting);
  const seconds = steps.lengthSamples / steps.sampleRateHz;
  const blocks =
    weighting === 'pyloudnorm' && seconds >= 0.4
      ? Math.round((seconds - 0.4) / 0.1) + 1
      : countBlocks(steps, BLOCK_STEPS);
  const powers = blockPowers(steps, BLOCK_STEPS, blocks);
  const audible = powers.filter((power) => powerToLufs(power) > ABSOLUTE_GATE_LUFS);
  if (audible.length === 0) return -Infinity;
  const gateLufs = powerToLufs(mean(audible)) + RELATIVE_GATE_LU;
  return powerToLufs(mean(audible.filter((power) => powerToLufs(power) > gateLufs)));
}

/**
 * The linear gain that brings the material to a loudness.
 * @throws RangeError when it has no loudness because every block is gated
 */
export function gainToLufs(audio: Audio, targetLufs: number, options?: LoudnessOptions): number {
  const lufs = integratedLufs(audio, options);
  if (!Number.isFinite(lufs)) throw new RangeError(`No gain brings ${lufs} LUFS to ${targetLufs} LUFS.`);
  return 10 ** ((targetLufs - lufs) / 20);
}
