/** Channels and regions of sound, as the commands need them. */
import { UserError } from '#core/errors.ts';
import type { Audio } from '#core/signal/audio.ts';
import type { Region } from './arguments.ts';

/** Left and right; one channel counts as both. Throws UserError('bad-input') for more than two. */
export function stereoChannels({ channels }: Audio, name: string): [Float32Array, Float32Array] {
  if (channels.length > 2)
    throw new UserError('bad-input', `${name} has ${channels.length} channels; it must be mono or stereo.`);
  return [channels[0], channels.at(-1)!];
}

/**
 * The samples of a region; an end beyond the end of the sound means its end. Views, not copies.
 * Throws UserError('bad-input') if the region starts after the sound has ended.
 */
export function cutRegion<Channels extends readonly Float32Array[]>(
  channels: Channels,
  sampleRateHz: number,
  { fromSeconds, toSeconds }: Region,
  name: string,
): Channels {
  const length = channels[0].length;
  const from = Math.round(fromSeconds * sampleRateHz);
  const to = Math.min(length, toSeconds === undefined ? length : Math.round(toSeconds * sampleRateHz));
  if (from >= length)
    throw new UserError(
      'bad-input',
      `${name} is ${(length / sampleRateHz).toFixed(2)} s long, so nothing is left after --from ${fromSeconds}.`,
    );
  return channels.map((channel) => channel.subarray(from, to)) as unknown as Channels;
}
