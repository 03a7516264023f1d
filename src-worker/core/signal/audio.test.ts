import { describe, expect, it } from 'vitest';
import { averageToMono, type Audio } from './audio.ts';

const audio = (...channels: Float32Array[]): Audio => ({ sampleRateHz: 44_100, channels });

describe('mono', () => {
  it('is the average of the channels, and a single channel as it is', () => {
    const [left, right] = [Float32Array.of(1, 0.5, -1), Float32Array.of(0, 0.25, -1)];
    expect(averageToMono(audio(left, right))).toEqual(Float32Array.of(0.5, 0.375, -1));
    expect(averageToMono(audio(left))).toBe(left);
  });
});
