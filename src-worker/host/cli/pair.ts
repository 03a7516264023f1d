/** A dry file and its finished version, as fit and objective take them. */
import { UserError } from '#core/errors.ts';
import { lengthSamples, type Audio } from '#core/signal/audio.ts';
import { readSound, type SoundFile } from './audio-files.ts';
import { stereoChannels } from './channels.ts';

/** Largest difference in length between dry and wet, as a fraction of the wet. */
const MAX_LENGTH_DIFFERENCE = 0.1;

export const durationSeconds = (sound: Audio): number => lengthSamples(sound) / sound.sampleRateHz;

/**
 * Both files. Throws UserError('bad-input') unless each holds sound for `minSeconds` at least, the wet is mono or stereo, and
 * they last about as long as each other.
 */
export async function readPair(
  dryPath: string,
  wetPath: string,
  minSeconds: number,
): Promise<{ dry: SoundFile; wet: SoundFile }> {
  const dry = await readSound(dryPath);
  const wet = await readSound(wetPath);
  const { requireLength, requireSound } = await import('#audio/checks.ts');
  for (const sound of [dry, wet]) {
    requireLength(sound, sound.path, minSeconds);
    requireSound(sound, sound.path);
  }
  stereoChannels(wet, wet.name);
  const [drySeconds, wetSeconds] = [durationSeconds(dry), durationSeconds(wet)];
  if (Math.abs(drySeconds - wetSeconds) > MAX_LENGTH_DIFFERENCE * wetSeconds)
    throw new UserError(
      'bad-input',
      `${dry.name} lasts ${drySeconds.toFixed(2)} s and ${wet.name} ${wetSeconds.toFixed(2)} s: they differ by more than 10 %, so they are not the same take.`,
    );
  return { dry, wet };
}
