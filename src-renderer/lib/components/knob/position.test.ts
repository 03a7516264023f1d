import { CHAIN_PARAMETERS, parameterIndex } from '#core/chain/parameters.ts';
import type { ParameterDefinition } from '#core/parameter.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TRAVEL_PIXELS, dragged, keyed, positionOf, stepped, valueAt, wheelTravel } from './position.ts';

const parameter = (id: string): ParameterDefinition => CHAIN_PARAMETERS[parameterIndex(id)]!;

describe('the travel of a control', () => {
  it('reaches every value of every parameter, and its ends exactly', () => {
    for (const definition of CHAIN_PARAMETERS) {
      expect(valueAt(definition, 0), definition.id).toBe(definition.min);
      expect(valueAt(definition, 1), definition.id).toBe(definition.max);
      expect(positionOf(definition, definition.min)).toBe(0);
      expect(positionOf(definition, definition.max)).toBe(1);
      fc.assert(
        fc.property(fc.double({ min: 1e-6, max: 1, noNaN: true }), (position) => {
          const value = valueAt(definition, position);
          expect(value).toBeGreaterThanOrEqual(definition.min);
          expect(value).toBeLessThanOrEqual(definition.max);
          expect(positionOf(definition, value), definition.id).toBeCloseTo(position, 9);
        }),
        { numRuns: 30 },
      );
    }
  });

  it('is even in log for frequencies, and in dB for gains', () => {
    expect(valueAt(parameter('eq.pk1.freq'), 0.5)).toBeCloseTo(Math.sqrt(33 * 5400), 9);
    expect(valueAt(parameter('eq.pk1.gain'), 0.75)).toBe(12);
  });

  it('rests at the end for values beyond it', () => {
    expect(positionOf(parameter('eq.pk1.gain'), 31)).toBe(1);
    expect(positionOf(parameter('eq.pk1.gain'), -31)).toBe(0);
    expect(positionOf(parameter('comp.attack'), Infinity)).toBe(1);
    expect(positionOf(parameter('fdn.decay.0'), 0)).toBe(0);
  });
});

describe('hand movements', () => {
  it('takes 200 pixels for the whole travel, ten times that with Shift', () => {
    expect(dragged(0, TRAVEL_PIXELS, false)).toBe(1);
    expect(dragged(0.5, -50, false)).toBe(0.25);
    expect(dragged(0.5, 100, true)).toBeCloseTo(0.55, 12);
    expect(dragged(0.9, 100, false)).toBe(1);
  });

  it('turns up by a wheel turned away, also where Shift made it horizontal or it counts in lines', () => {
    const wheel = (given: Partial<WheelEvent>): number =>
      wheelTravel({ deltaX: 0, deltaY: 0, deltaMode: 0, shiftKey: false, ...given });
    expect(wheel({ deltaY: -100 })).toBeCloseTo(0.02, 12);
    expect(wheel({ deltaX: -100, shiftKey: true })).toBeCloseTo(0.002, 12);
    expect(wheel({ deltaY: 3, deltaMode: 1 })).toBeCloseTo(-0.0198, 12);
  });

  it('steps by the table, and within the travel where that is log', () => {
    expect(stepped(parameter('eq.pk1.gain'), 1, 1, false)).toBeCloseTo(1.1, 12);
    expect(stepped(parameter('eq.pk1.gain'), 1, -1, true)).toBeCloseTo(0.99, 12);
    expect(stepped(parameter('eq.pk1.freq'), 1000, 1, false) / 1000).toBeCloseTo((5400 / 33) ** 0.01, 12);
    expect(stepped(parameter('eq.pk1.gain'), 23.95, 1, false)).toBe(24);
  });

  it('brings values from beyond the range back step by step, and never further out', () => {
    const gain = parameter('eq.pk1.gain');
    expect(stepped(gain, 30, 1, false)).toBe(30);
    expect(stepped(gain, 30, -1, false)).toBeCloseTo(29.9, 12);
    expect(stepped(gain, -30, -1, false)).toBe(-30);
    expect(stepped(gain, -30, 1, false)).toBeCloseTo(-29.9, 12);
    expect(stepped(gain, -Infinity, 1, false)).toBe(-24);
    expect(stepped(gain, -Infinity, -1, false)).toBe(-Infinity);
    expect(stepped(gain, Infinity, -1, true)).toBe(24);
  });

  it('knows the keys of a slider', () => {
    const gain = parameter('eq.pk1.gain');
    expect(keyed(gain, 0, 'ArrowUp', false)).toBeCloseTo(0.1, 12);
    expect(keyed(gain, 0, 'ArrowLeft', true)).toBeCloseTo(-0.01, 12);
    expect(keyed(gain, 0, 'PageDown', false)).toBeCloseTo(-1, 12);
    expect(keyed(gain, 3, 'Home', false)).toBe(-24);
    expect(keyed(gain, 3, 'End', false)).toBe(24);
    expect(keyed(parameter('eq.hp.freq'), 40, 'Delete', false)).toBe(200);
    expect(keyed(gain, 3, ' ', false)).toBeNull();
  });
});
