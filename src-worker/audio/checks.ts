/** What a task may demand of its material, beyond being readable. */
import { UserError } from '#core/errors.ts';
import type { Audio } from '#core/signal/audio.ts';
import { lengthSamples } from '#core/signal/audio.ts';
import { dbToGain } from '#core/units.ts';

/** A peak below this level is silence. */
export const SILENCE_DBFS = -90;

/** @throws UserError `bad-input` when no sample reaches {@link SILENCE_DBFS}. */
export function requireSound(audio: Audio, name: string): void {
  const threshold = dbToGain(SILENCE_DBFS);
  const isLoud = (sample: number): boolean => sample >= threshold || sample <= -threshold;
  if (audio.channels.some((channel) => channel.some(isLoud))) return;
  throw new UserError(
    'bad-input',
    `“${name}” is silent (its peak is below ${SILENCE_DBFS} dBFS); give a file with sound in it.`,
  );
}

/** @throws UserError `bad-input` when the material lasts less than `minSeconds`. */
export function requireLength(audio: Audio, name: string, minSeconds: number): void {
  const seconds = lengthSamples(audio) / audio.sampleRateHz;
  if (seconds >= minSeconds) return;
  throw new UserError(
    'bad-input',
    `“${name}” lasts ${Math.floor(seconds * 1000) / 1000} s; at least ${minSeconds} s are needed.`,
  );
}
