import { CHAIN_PARAMETERS, parameterIndex } from '../chain/parameters.ts';
import { rawToPhysical, type ParameterDefinition } from '../parameter.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editText, parseValue, valueHint, valueText } from './value-text.ts';

const parameter = (id: string): ParameterDefinition => CHAIN_PARAMETERS[parameterIndex(id)]!;

describe('the text of a value', () => {
  it.each([
    ['eq.pk1.gain', -3.217, '−3.2 dB'],
    ['eq.pk1.gain', 3.2, '+3.2 dB'],
    ['eq.pk1.gain', -0.04, '0.0 dB'],
    ['eq.pk1.gain', 31.26, '+31.3 dB'],
    ['comp.threshold', -18, '−18.0 dB'],
    ['eq.pk1.freq', 2500, '2.50 kHz'],
    ['eq.pk1.freq', 115.4, '115 Hz'],
    ['eq.pk1.freq', 999.7, '1.00 kHz'],
    ['eq.hp.freq', 16, '16.0 Hz'],
    ['eq.pk1.q', 0.7071, '0.707'],
    ['comp.ratio', 3.2, '3.20 : 1'],
    ['comp.expander_ratio', 0.5, '1 : 2.00'],
    ['comp.expander_ratio', 0, '1 : ∞'],
    ['comp.attack', 0.0143, '0.014 ms'],
    ['comp.release', 1234, '1.23 s'],
    ['comp.attack', Infinity, '∞ s'],
    ['delay.time', 386.2, '386 ms'],
    ['delay.feedback', 0.1234, '12.3 %'],
    ['delay.odd_pan', -32.4, 'L 32'],
    ['pan', 10, 'R 10'],
    ['pan', -0.3, 'C'],
    ['fdn.decay.3', 0.8213, '0.821 s'],
    ['fdn.input.0.left', -0.1667, '−0.167'],
    ['fdn.mixing.0.1', 0.5, '0.500 rad'],
  ])('%s %f reads %s', (id, value, text) => {
    expect(valueText(parameter(id), value)).toBe(text);
  });

  it('opens for editing with all digits of the table', () => {
    const shown = (id: string, value: number): string => editText(parameter(id), value);
    expect(shown('eq.pk1.gain', -3.2171)).toBe('-3.22 dB');
    expect(shown('eq.pk1.freq', 2534.72)).toBe('2534.7 Hz');
    expect(shown('comp.ratio', 3.25)).toBe('3.25:1');
    expect(shown('comp.expander_ratio', 0.4)).toBe('1:2.5');
    expect(shown('pan', -32.4)).toBe('L 32.4');
    expect(shown('delay.gain', 0.12345)).toBe('12.35 %');
    expect(shown('delay.time', 400)).toBe('400 ms');
  });

  it('comes back from its text for every parameter, at every value a raw number can give', () => {
    for (const definition of CHAIN_PARAMETERS)
      fc.assert(
        fc.property(fc.double({ min: -30, max: 30, noNaN: true }), (raw) => {
          const value = rawToPhysical(definition, raw);
          for (const write of [valueText, editText]) {
            const text = write(definition, value);
            const read = parseValue(definition, text);
            expect(read, text).not.toBeNull();
            expect(write(definition, read!)).toBe(text);
          }
          // Half a percent, or half of the last digit: 0.05 dB, 0.5 of pan, a thousandth elsewhere.
          const shown = parseValue(definition, valueText(definition, value))!;
          const half = { dB: 0.0501, Hz: 1e-3, ms: 6e-4, s: 6e-4, rad: 6e-4, '%': 0.501, '': 6e-4 }[
            definition.unit
          ];
          const absolute = definition.min === -100 ? 0.501 : half;
          if (Number.isFinite(value))
            expect(Math.abs(shown - value), `${definition.id} ${value}`).toBeLessThanOrEqual(
              absolute + 0.0051 * Math.abs(value),
            );
        }),
        { numRuns: 60 },
      );
  });
});

describe('typed text', () => {
  it.each([
    ['eq.pk1.freq', '2.5k', 2500],
    ['eq.pk1.freq', '2,5k', 2500],
    ['eq.pk1.freq', '2,500', 2500],
    ['eq.pk1.freq', ' 440 Hz ', 440],
    ['eq.pk1.gain', '-3 dB', -3],
    ['eq.pk1.gain', '−3', -3],
    ['eq.pk1.gain', '+2.5', 2.5],
    ['delay.time', '0.4s', 400],
    ['delay.time', '400ms', 400],
    ['delay.time', '400', 400],
    ['fdn.decay.0', '850 ms', 0.85],
    ['delay.feedback', '50%', 0.5],
    ['delay.feedback', '50', 0.5],
    ['delay.gain', '-20 dB', 0.1],
    ['pan', 'C', 0],
    ['pan', 'L30', -30],
    ['pan', '30 R', 30],
    ['pan', 'left', -100],
    ['pan', '-12', -12],
    ['comp.ratio', '4:1', 4],
    ['comp.ratio', '4', 4],
    ['comp.ratio', 'inf:1', Infinity],
    ['comp.expander_ratio', '1:4', 0.25],
    ['comp.expander_ratio', '4', 0.25],
    ['comp.expander_ratio', '0.25', 0.25],
    ['fdn.mixing.0.1', '90°', Math.PI / 2],
  ])('%s “%s” is %d', (id, text, value) => {
    expect(parseValue(parameter(id), text)).toBeCloseTo(value, 12);
  });

  it('takes note values where a tempo is given', () => {
    const time = (text: string, tempoBpm?: number): number | null =>
      parseValue(parameter('delay.time'), text, { tempoBpm });
    expect(time('1/8', 120)).toBe(250);
    expect(time('1/4', 100)).toBe(600);
    expect(time('1/8d', 120)).toBe(375);
    expect(time('1/8.', 120)).toBe(375);
    expect(time('1/4t', 120)).toBeCloseTo(1000 / 3, 9);
    expect(time('1/8')).toBeNull();
    expect(time('1/0', 120)).toBeNull();
  });

  it.each([
    ['eq.pk1.gain', ''],
    ['eq.pk1.gain', 'loud'],
    ['eq.pk1.gain', '3 kHz'],
    ['eq.pk1.gain', '1.2.3'],
    ['eq.pk1.freq', '3 dB'],
    ['delay.time', '4 Hz'],
    ['delay.feedback', '0.4 s'],
    ['comp.ratio', '0:1'],
    ['pan', 'X 30'],
    ['pan', ''],
    ['fdn.input.0.left', '0.3 dB'],
  ])('%s “%s” is no value', (id, text) => {
    expect(parseValue(parameter(id), text)).toBeNull();
  });

  it('has a hint whose examples it understands itself', () => {
    for (const definition of CHAIN_PARAMETERS) {
      const context = { tempoBpm: 120 };
      const examples =
        valueHint(definition, context).match(/[−\d./]+(?::\d+)?(?: ?(?:dB|k|ms|s|°|%)\b)?/g) ?? [];
      for (const example of examples.map((text) => text.replace(/\.$/, '')).filter((text) => text !== ''))
        expect(parseValue(definition, example, context), `${definition.id} ${example}`).not.toBeNull();
    }
  });
});
