import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bounded, draggedTo, fractionOf, keyed, stepped, type Range } from './range.ts';

const AMOUNT: Range = { min: 0, max: 150, step: 1, grain: 0.1, defaultValue: 100 };
const DEVIATIONS: Range = { min: -3, max: 3, step: 0.1, defaultValue: 0 };

describe('a slider', () => {
  it('shows values beyond its ends at them', () => {
    expect(bounded(DEVIATIONS, 4.2)).toBe(3);
    expect(fractionOf(DEVIATIONS, -17)).toBe(0);
    expect(fractionOf(AMOUNT, 75)).toBe(0.5);
  });

  it('goes where it is dragged, and to its ends exactly', () => {
    for (const range of [AMOUNT, DEVIATIONS]) {
      expect(draggedTo(range, 0)).toBe(range.min);
      expect(draggedTo(range, 1)).toBe(range.max);
      fc.assert(
        fc.property(fc.double({ min: -1, max: 2, noNaN: true }), (fraction) => {
          const value = draggedTo(range, fraction);
          expect(value).toBeGreaterThanOrEqual(range.min);
          expect(value).toBeLessThanOrEqual(range.max);
          // The default attracts within 2 %, and a whole step is rounded to.
          expect(Math.abs(fractionOf(range, value) - Math.min(1, Math.max(0, fraction)))).toBeLessThan(
            0.0235,
          );
        }),
      );
    }
  });

  it('catches a drag near to the default, where there is one', () => {
    expect(draggedTo(AMOUNT, 98 / 150)).toBe(100);
    expect(draggedTo(AMOUNT, 96 / 150)).toBe(96);
    expect(draggedTo(DEVIATIONS, 0.51)).toBe(0);
    expect(draggedTo({ ...DEVIATIONS, defaultValue: undefined }, 0.51)).toBeCloseTo(0.06, 12);
  });

  it('has whole steps under a drag and grains under the keys where it has a grain', () => {
    expect(draggedTo(AMOUNT, 0.4123)).toBe(62);
    expect(stepped(AMOUNT, 62, 1, true)).toBe(62.1);
    expect(stepped(AMOUNT, 99.9, 1, true)).toBe(100);
    const sigma = { min: 0.5, max: 3, step: 0.1, grain: 0.1 };
    expect(stepped(sigma, 0.5, -1, false)).toBe(0.5);
    expect(stepped(sigma, 2, 1, false)).toBe(2.1);
    expect(stepped(sigma, 2, 1, true), 'nothing is finer than the grain').toBe(2.1);
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 30 }), fc.integer({ min: -9, max: 9 }), (tenths, steps) => {
        const value = stepped(sigma, tenths / 10, steps, false);
        expect(value).toBe(Math.min(30, Math.max(5, tenths + steps)) / 10);
      }),
    );
  });

  it('takes the keys of a slider, ten times finer with Shift', () => {
    expect(keyed(DEVIATIONS, 1, 'ArrowUp', false)).toBeCloseTo(1.1, 12);
    expect(keyed(DEVIATIONS, 1, 'ArrowLeft', true)).toBeCloseTo(0.99, 12);
    expect(keyed(AMOUNT, 62, 'PageDown', false)).toBe(52);
    expect(keyed(AMOUNT, 62, 'PageUp', true)).toBe(63);
    expect(keyed(AMOUNT, 148, 'PageUp', false)).toBe(150);
    expect([keyed(AMOUNT, 62, 'Home', false), keyed(AMOUNT, 62, 'End', false)]).toEqual([0, 150]);
    expect(keyed(AMOUNT, 62, 'Delete', false)).toBe(100);
    expect(keyed({ ...AMOUNT, defaultValue: undefined }, 62, 'Delete', false)).toBeNull();
    expect(keyed(AMOUNT, 62, '7', false)).toBeNull();
  });
});
