import { describe, expect, it } from 'vitest';
import { cutSegments } from './segments.ts';

const RATE = 44_100;
const tone = (seconds: number) =>
  Float32Array.from({ length: seconds * RATE }, (_, n) => 0.1 * Math.sin(n / 10));
const cut = (seconds: number) => cutSegments(tone(seconds), [tone(seconds), tone(seconds)]);

describe('cutSegments', () => {
  it('gives one published window for 12 s and one every 7 s after', () => {
    expect(cut(12)).toHaveLength(1);
    expect(cut(26).map(({ dry }) => dry.length)).toEqual([12, 12, 12].map((s) => s * RATE));
    expect(cut(26).every(({ warmupSamples }) => warmupSamples === 5 * RATE)).toBe(true);
  });

  it('compares every sample after the first 5 s exactly once', () => {
    for (const seconds of [12, 14, 19, 23, 31]) {
      const compared = cut(seconds).reduce(
        (sum, { dry, warmupSamples }) => sum + dry.length - warmupSamples,
        0,
      );
      expect(compared, `${seconds} s`).toBe((seconds - 5) * RATE);
    }
  });

  it('takes shorter material whole with a shorter warm-up', () => {
    for (const seconds of [1, 2, 8, 11.5]) {
      const [segment] = cut(seconds);
      expect(segment!.dry.length).toBe(seconds * RATE);
      expect(segment!.dry.length - segment!.warmupSamples).toBeGreaterThanOrEqual(RATE);
    }
  });

  it('drops windows that are silent after the warm-up', () => {
    const wet = tone(26);
    wet.fill(0, 12 * RATE, 19 * RATE);
    expect(cutSegments(tone(26), [wet, wet])).toHaveLength(2);
    expect(cutSegments(tone(12), [wet.fill(0).subarray(0, 12 * RATE), wet.subarray(0, 12 * RATE)])).toEqual(
      [],
    );
  });
});
