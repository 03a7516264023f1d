import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviationText, EDGE, isOnMap, MAP_DEVIATIONS, pointedAt, pointOf, weightsAt } from './mapping.ts';

const EXTENT = { width: 400, height: 200 };

describe('the map', () => {
  it('has the middle in the middle, more to the right and up', () => {
    expect(pointOf([0, 0], EXTENT)).toEqual({ x: 200, y: 100 });
    expect(pointOf([1, 2], EXTENT)).toEqual({ x: 250, y: 50 });
  });

  it('gives the weights of a point back', () => {
    const weight = fc.double({ min: -3.5, max: 3.5, noNaN: true });
    fc.assert(
      fc.property(weight, weight, (x, y) => {
        const [backX, backY] = weightsAt(pointOf([x, y], EXTENT), EXTENT);
        expect(backX).toBeCloseTo(x, 9);
        expect(backY).toBeCloseTo(y, 9);
      }),
    );
  });

  it('marks what lies beyond at its edge, and takes no weights from outside', () => {
    expect(isOnMap([0, 9])).toBe(false);
    expect(pointOf([-50, 9], EXTENT)).toEqual({ x: EDGE, y: EDGE });
    expect(weightsAt({ x: 900, y: 900 }, EXTENT)).toEqual([MAP_DEVIATIONS, -MAP_DEVIATIONS]);
  });

  it('finds the dot that is meant: the nearest within reach, the upper of two', () => {
    const points = [
      { id: 'far', x: 0, y: 0 },
      { id: 'lower', x: 50, y: 50 },
      { id: 'upper', x: 50, y: 50 },
      { id: 'near', x: 60, y: 50 },
    ];
    expect(pointedAt(points, { x: 58, y: 51 })?.id).toBe('near');
    expect(pointedAt(points, { x: 48, y: 50 })?.id).toBe('upper');
    expect(pointedAt(points, { x: 25, y: 25 })).toBeNull();
  });

  it('writes deviations with a true minus, and zero without a sign', () => {
    expect([1.24, -0.5, -0.04, 0].map(deviationText)).toEqual(['+1.2 σ', '−0.5 σ', '0.0 σ', '0.0 σ']);
  });
});
