import { describe, expect, it } from 'vitest';
import { shiftInTime } from './fractional-shift.ts';

const LENGTH = 4000;
/** A tone under a smooth window, sampled at n − delay. */
const tone = (cyclesPerSample: number, delay: number): Float32Array =>
  Float32Array.from({ length: LENGTH }, (_, n) => {
    const t = (n - delay) / LENGTH;
    return t > 0 && t < 1
      ? Math.sin(Math.PI * t) ** 4 * Math.sin(2 * Math.PI * cyclesPerSample * (n - delay))
      : 0;
  });

describe('a shift in time', () => {
  it.each([0.3, -7.5, 40.25, -0.001, 100.999_9])('of %s samples is that of the sampled waveform', (delay) => {
    for (const frequency of [0.001, 0.1, 0.3, 0.4]) {
      const shifted = shiftInTime(tone(frequency, 0), delay, LENGTH);
      const wanted = tone(frequency, delay);
      const error = shifted.reduce((worst, sample, n) => Math.max(worst, Math.abs(sample - wanted[n])), 0);
      expect(error, `${frequency}`).toBeLessThan(3e-4);
    }
  });

  it('of whole samples is exact, and pads or cuts', () => {
    const input = Float32Array.of(1, 2, 3, 4);
    expect([...shiftInTime(input, 2, 5)]).toEqual([0, 0, 1, 2, 3]);
    expect([...shiftInTime(input, -3, 5)]).toEqual([4, 0, 0, 0, 0]);
    expect([...shiftInTime(input, 0, 2)]).toEqual([1, 2]);
    expect([...shiftInTime(input, 50, 3)]).toEqual([0, 0, 0]);
    expect([...shiftInTime(input, -50, 3)]).toEqual([0, 0, 0]);
  });
});
