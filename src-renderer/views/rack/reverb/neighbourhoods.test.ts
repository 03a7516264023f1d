import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  NEIGHBOURHOODS,
  NEIGHBOURHOOD_WIDTH,
  decayBetween,
  movedNeighbourhood,
  neighbourWeights,
} from './neighbourhoods.ts';

const flat = new Array<number>(49).fill(1);
const [lowest, , mid] = NEIGHBOURHOODS;

describe('a handle on the decay curve', () => {
  it('brings the curve to where it was put, wherever the others are', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...NEIGHBOURHOODS),
        fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 49, maxLength: 49 }),
        fc.double({ min: 0.5, max: 6, noNaN: true }),
        // Above this, the lowest would need more than its point has where its neighbour is short.
        fc.double({ min: 0.5, max: 1.4, noNaN: true }),
        (neighbourhood, times, widthOctaves, seconds) => {
          const moved = movedNeighbourhood(times, neighbourhood, widthOctaves, seconds);
          expect(decayBetween(moved, neighbourhood.freqHz)).toBeCloseTo(seconds, 9);
        },
      ),
    );
  });

  it('moves its neighbours less the further they are, and those beyond its width not at all', () => {
    const moved = movedNeighbourhood(flat, NEIGHBOURHOODS[3]!, 1.5, 4);
    expect(moved[7]).toBeCloseTo(4, 9);
    for (let band = 8; band < 20; band++) expect(moved[band]).toBeLessThanOrEqual(moved[band - 1]!);
    expect(moved[8]).toBeGreaterThan(3);
    expect(moved[2]).toBe(1);
    expect(moved[20]).toBe(1);
  });

  it('takes more of them along when it is wider', () => {
    const touched = (widthOctaves: number): number =>
      neighbourWeights(mid!.freqHz, widthOctaves).filter((weight) => weight > 0).length;
    expect(touched(NEIGHBOURHOOD_WIDTH.min)).toBe(1);
    expect(touched(2)).toBeGreaterThan(touched(1));
    expect(touched(NEIGHBOURHOOD_WIDTH.max)).toBe(49);
  });

  it('stays within the range of the points, and does not pull the others further for it', () => {
    expect(Math.max(...movedNeighbourhood(flat, mid!, 4, 60))).toBeCloseTo(8.95, 9);
    const times = [1, ...new Array<number>(48).fill(8)];
    const moved = movedNeighbourhood(times, lowest!, 2, 0.01);
    expect(moved[0]).toBeCloseTo(0.02, 6);
    expect(moved[1]).toBeGreaterThan(4);
  });

  it('leaves every point where it is when it is put back', () => {
    const moved = movedNeighbourhood(flat, mid!, 2, decayBetween(flat, mid!.freqHz));
    moved.forEach((seconds) => {
      expect(seconds).toBeCloseTo(1, 9);
    });
  });
});

describe('the curve between points', () => {
  it('goes through the points and is held at the ends', () => {
    const times = flat.map((_, band) => 1 + 0.1 * band);
    expect(decayBetween(times, 7 * (22_050 / 48))).toBeCloseTo(1.7, 9);
    expect(decayBetween(times, 0)).toBeCloseTo(1, 9);
    expect(decayBetween(times, 30_000)).toBeCloseTo(5.8, 9);
    const between = decayBetween(times, 150);
    expect(between).toBeGreaterThan(1);
    expect(between).toBeLessThan(1.1);
  });
});
