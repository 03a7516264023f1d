import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FREQUENCY_AXIS, FREQUENCY_TICKS, evenTicks, linearAxis, logAxis, noteName } from './axis.ts';

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

describe('the name of a frequency as a note', () => {
  it.each([
    [440, 'A4'],
    [261.6256, 'C4'],
    [277.18, 'C♯4'],
    [20, 'D♯0 +49'],
    [450, 'A4 +39'],
    [430, 'A4 −40'],
  ])('%f Hz is %s', (hz, name) => {
    expect(noteName(hz)).toBe(name);
  });
});
