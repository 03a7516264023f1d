/**
 * Loudness range (EBU Tech 3342): from the 10th to the 95th percentile of the short-term loudness, of windows
 * louder than −70 LUFS and than 20 LU below the mean power of those.
 */
import type { Audio } from '../signal/audio.ts';
import { powerToLufs } from './block-power.ts';
import { shortTermLufs } from './series.ts';

const ABSOLUTE_GATE_LUFS = -70;
const RELATIVE_GATE_LU = -20;

function percentile(sorted: Float64Array, part: number): number {
  return sorted[Math.round((sorted.length - 1) * part)];
}

/** In LU; 0 when everything is gated. */
export function loudnessRangeLu(audio: Audio): number {
  const audible = shortTermLufs(audio).lufs.filter((lufs) => lufs > ABSOLUTE_GATE_LUFS);
  if (audible.length === 0) return 0;
  const powers = audible.map((lufs) => 10 ** ((lufs + 0.691) / 10));
  const gateLufs =
    powerToLufs(powers.reduce((sum, power) => sum + power, 0) / powers.length) + RELATIVE_GATE_LU;
  const sorted = audible.filter((lufs) => lufs > gateLufs).sort();
  return percentile(sorted, 0.95) - percentile(sorted, 0.1);
}
