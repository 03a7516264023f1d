import { describe, expect, test } from 'vitest';
import { maxLufs, momentaryLufs, shortTermLufs } from './series.ts';
import { tones } from './test-signals.ts';

test('EBU Tech 3341 case 9: short-term stays at −23 for a tone that switches within its window', () => {
  const parts = Array.from({ length: 5 }, () => [
    { seconds: 1.34, levelDbfs: -20 },
    { seconds: 1.66, levelDbfs: -30 },
  ]).flat();
  const { lufs, windowSeconds, stepSeconds } = shortTermLufs(tones(48000, 2, ...parts));
  expect([windowSeconds, stepSeconds]).toEqual([3, 0.1]);
  expect(lufs.length).toBe(121);
  expect(lufs.every((value) => Math.abs(value + 23) <= 0.1)).toBe(true);
});

test('EBU Tech 3341 case 12: momentary likewise', () => {
  const parts = Array.from({ length: 10 }, () => [
    { seconds: 0.18, levelDbfs: -20 },
    { seconds: 0.22, levelDbfs: -30 },
  ]).flat();
  const { lufs, windowSeconds } = momentaryLufs(tones(48000, 2, ...parts));
  expect(windowSeconds).toBe(0.4);
  expect(lufs.every((value) => Math.abs(value + 23) <= 0.1)).toBe(true);
});

test('follows the level in time, without a gate', () => {
  const { lufs } = momentaryLufs(
    tones(48000, 2, { seconds: 1, levelDbfs: -20 }, { seconds: 1, levelDbfs: -90 }),
  );
  expect(lufs.length).toBe(17);
  expect(lufs[5]).toBeCloseTo(-20, 1);
  expect(lufs[15]).toBeCloseTo(-90, 0);
});

describe('the maximum', () => {
  test('is that of the loudest window', () => {
    const audio = tones(48000, 2, { seconds: 4, levelDbfs: -30 }, { seconds: 4, levelDbfs: -12 });
    expect(maxLufs(shortTermLufs(audio))).toBeCloseTo(-12, 1);
    expect(maxLufs(momentaryLufs(audio))).toBeCloseTo(-12, 1);
  });

  test('of short material is over all of it, and of none −∞', () => {
    const short = tones(48000, 2, { seconds: 0.3, levelDbfs: -12 });
    expect(shortTermLufs(short).lufs.length).toBe(1);
    expect(maxLufs(shortTermLufs(short))).toBeCloseTo(-12, 0);
    expect(maxLufs(shortTermLufs({ sampleRateHz: 48000, channels: [new Float32Array(0)] }))).toBe(-Infinity);
  });
});
