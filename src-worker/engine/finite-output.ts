import { UserError } from '#core/errors.ts';

/**
 * Settings edited by hand can ask for any gain. Throws UserError('bad-input') if a sample of a chain's output is not finite;
 * `startSamples` is where in the output these samples begin.
 */
export function requireFinite(
  channels: readonly Float32Array[],
  sampleRateHz: number,
  startSamples = 0,
): void {
  for (const channel of channels) {
    let bad = 0;
    while (bad < channel.length && Number.isFinite(channel[bad])) bad++;
    if (bad < channel.length)
      throw new UserError(
        'bad-input',
        `The settings are too extreme to be played: after ${((startSamples + bad) / sampleRateHz).toFixed(2)} s the output is beyond all numbers.`,
      );
  }
}
