import { expect, test } from 'vitest';
import { channelWeights } from './channel-weights.ts';

test('surrounds count 1.41, low frequencies nothing, all others 1', () => {
  expect(channelWeights(1)).toEqual([1]);
  expect(channelWeights(2)).toEqual([1, 1]);
  expect(channelWeights(6)).toEqual([1, 1, 1, 0, 1.41, 1.41]);
  expect(channelWeights(8)).toEqual([1, 1, 1, 0, 1, 1, 1.41, 1.41]);
  expect(channelWeights(12)).toEqual(new Array(12).fill(1));
});
