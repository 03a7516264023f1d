/**
 * How much each channel counts (ITU-R BS.1770-4, Table 4): 1.41 for surround speakers at the sides, 0 for the
 * low-frequency channel, 1 for all others. Channels are in the order of WAV files. One channel counts once.
 */

const SIDE = 1.41;

const WEIGHTS: readonly (readonly number[])[] = [
  [],
  [1],
  [1, 1],
  [1, 1, 1],
  // Left, right and two surrounds.
  [1, 1, SIDE, SIDE],
  [1, 1, 1, SIDE, SIDE],
  // 5.1: left, right, centre, low frequencies, two surrounds at ±110°.
  [1, 1, 1, 0, SIDE, SIDE],
  [1, 1, 1, 0, 1, SIDE, SIDE],
  // 7.1: here the first pair of surrounds stands behind, at ±135°, and counts as 1.
  [1, 1, 1, 0, 1, 1, SIDE, SIDE],
];

/** One weight per channel; layouts of more than eight channels are unknown, and all count as 1. */
export function channelWeights(channelCount: number): readonly number[] {
  return WEIGHTS[channelCount] ?? new Array<number>(channelCount).fill(1);
}
