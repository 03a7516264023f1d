import { expect, test } from 'vitest';
import { loudnessRangeLu } from './range.ts';
import { tones } from './test-signals.ts';

// EBU Tech 3342 §4, minimum requirements: ±1 LU.
test.each([
  ['1', [-20, -30], 10],
  ['2', [-20, -15], 5],
  ['3', [-40, -20], 20],
  ['4', [-50, -35, -20, -35, -50], 15],
])('EBU Tech 3342 case %s', (_, levels, range) => {
  const audio = tones(8000, 2, ...levels.map((levelDbfs) => ({ seconds: 20, levelDbfs })));
  expect(Math.abs(loudnessRangeLu(audio) - range)).toBeLessThanOrEqual(1);
});

test('a steady tone has none, nor has silence', () => {
  expect(loudnessRangeLu(tones(8000, 1, { seconds: 10, levelDbfs: -20 }))).toBeCloseTo(0, 2);
  expect(loudnessRangeLu({ sampleRateHz: 8000, channels: [new Float32Array(80_000)] })).toBe(0);
});
