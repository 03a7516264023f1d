import { describe, expect, it } from 'vitest';
import { fractionalLag } from './fine-offset.ts';

/** A band-limited sound that can be shifted by any time: sines below 3 kHz. */
function sound(shiftSamples: number): Float32Array[] {
  return [0, 1].map((channel) =>
    Float32Array.from({ length: 20_000 }, (_, n) => {
      let sum = 0;
      for (let k = 1; k < 40; k++)
        sum +=
          Math.sin(2 * Math.PI * ((70.3 * k * (n - shiftSamples)) / 44_100 + 0.37 * k * k + channel)) / k;
      return sum;
    }),
  );
}

describe('fractionalLag', () => {
  it.each([0, 0.3, -0.45, 1.5, -2.2])('finds a lag of %f samples', (lag) => {
    expect(fractionalLag(sound(0), sound(lag))).toBeCloseTo(lag, 1);
  });

  it('finds none in silence or between opposite sounds', () => {
    const silence = [new Float32Array(1000), new Float32Array(1000)];
    expect(fractionalLag(silence, silence)).toBe(0);
    expect(
      Math.abs(
        fractionalLag(
          sound(0),
          sound(0).map((c) => c.map((x) => -x)),
        ),
      ),
    ).toBeLessThanOrEqual(4);
  });
});
