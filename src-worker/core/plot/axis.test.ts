import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FREQUENCY_AXIS, FREQUENCY_TICKS, evenTicks, linearAxis, logAxis, roundUp } from './axis.ts';

describe('axes', () => {
  it('go from 0 to 1, and back to the value', () => {
    for (const axis of [linearAxis(-48, 6), linearAxis(1, -1), logAxis(20, 20_000), logAxis(0.5, 2)]) {
      expect(axis.toUnit(axis.min)).toBeCloseTo(0, 12);
      expect(axis.toUnit(axis.max)).toBeCloseTo(1, 12);
      fc.assert(
        fc.property(fc.double({ min: -1, max: 2, noNaN: true }), (unit) => {
          expect(axis.toUnit(axis.toValue(unit))).toBeCloseTo(unit, 9);
        }),
      );
    }
  });

  it('put every octave of frequencies at the same distance', () => {
    const octave = (hz: number): number => FREQUENCY_AXIS.toUnit(2 * hz) - FREQUENCY_AXIS.toUnit(hz);
    expect(octave(50)).toBeCloseTo(octave(8000), 12);
  });

  it('have lines with a label at 1, 2 and 5 of every decade of frequency, within the axis', () => {
    const labels = FREQUENCY_TICKS.flatMap(({ label }) => label ?? []);
    expect(labels).toEqual(['20', '50', '100', '200', '500', '1k', '2k', '5k', '10k', '20k']);
    expect(FREQUENCY_TICKS[0]!.value).toBe(20);
    expect(FREQUENCY_TICKS.at(-1)!.value).toBe(20_000);
    expect(new Set(FREQUENCY_TICKS.map(({ value }) => value)).size).toBe(FREQUENCY_TICKS.length);
  });

  it('have even lines at multiples of the step, ends included, whatever rounding does', () => {
    const at = (min: number, max: number, step: number): number[] =>
      evenTicks(linearAxis(min, max), step, String).map(({ value }) => value);
    expect(at(-48, 6, 12)).toEqual([-48, -36, -24, -12, 0]);
    expect(at(0.1, 0.3, 0.1)).toHaveLength(3);
    expect(at(1, 11, 12)).toEqual([]);
    expect(evenTicks(linearAxis(-6, 6), 6, (db) => `${db} dB`).map(({ label }) => label)).toEqual([
      '-6 dB',
      '0 dB',
      '6 dB',
    ]);
  });
});

describe('a round number', () => {
  it('is 1, 2 or 5 of a decade and the next one above', () => {
    expect([0.011, 0.02, 0.3, 1, 1.01, 7, 60].map(roundUp)).toEqual([0.02, 0.02, 0.5, 1, 2, 10, 100]);
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (value) => {
        expect(roundUp(value)).toBeGreaterThanOrEqual(value * (1 - 1e-9));
        expect(roundUp(value)).toBeLessThanOrEqual(2.5 * value * (1 + 1e-9));
        expect(roundUp(roundUp(value))).toBe(roundUp(value));
      }),
    );
  });
});
