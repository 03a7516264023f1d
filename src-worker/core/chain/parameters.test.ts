import { describe, expect, it } from 'vitest';
import { rawToPhysical, physicalToRaw } from '../parameter.ts';
import {
  CHAIN_PARAMETERS,
  PARAMETER_COUNT,
  neutralRaw,
  parameterIndex,
  parametersUnder,
} from './parameters.ts';

describe('the 151 parameters', () => {
  it('has 151 distinct ids in the published order', () => {
    expect(PARAMETER_COUNT).toBe(151);
    expect(new Set(CHAIN_PARAMETERS.map(({ id }) => id)).size).toBe(151);
    const positions = {
      'eq.hp.q': 13,
      'comp.threshold': 14,
      'comp.expander_ratio': 22,
      'delay.send': 23,
      'delay.time': 24,
    };
    for (const [id, index] of Object.entries({
      ...positions,
      'fdn.output.left.0': 43,
      'fdn.decay.0': 55,
      'fdn.mixing.0.1': 105,
      'fdn.pk1.gain': 140,
      pan: 150,
    }))
      expect(parameterIndex(id), id).toBe(index);
  });

  it('maps every default to a raw number and back', () => {
    neutralRaw().forEach((raw, index) => {
      const parameter = CHAIN_PARAMETERS[index]!;
      expect(rawToPhysical(parameter, raw), parameter.id).toBeCloseTo(parameter.default, 6);
    });
  });

  it('has slopes equal to central differences and finite values far out', () => {
    for (const { id, map } of CHAIN_PARAMETERS)
      for (const raw of [-62, -7.3, -0.4, 0.2, 3.1, 12, 80]) {
        const h = 1e-5;
        const numeric = (map.toValue(raw + h) - map.toValue(raw - h)) / (2 * h);
        expect(Math.abs(map.slope(raw) - numeric), `${id} at ${raw}`).toBeLessThan(
          1e-5 * (1 + Math.abs(numeric)),
        );
        expect(Number.isFinite(map.toValue(raw * 20)), id).toBe(true);
      }
  });

  it('clips physical values out of range to finite raw numbers', () => {
    for (const parameter of CHAIN_PARAMETERS)
      for (const physical of [-1e9, parameter.min, parameter.max, 1e9])
        expect(Number.isFinite(physicalToRaw(parameter, physical)), `${parameter.id} ${physical}`).toBe(true);
  });

  it('selects by effect, part and parameter', () => {
    expect(parametersUnder('eq')).toHaveLength(14);
    expect(parametersUnder('eq.pk1')).toEqual([0, 1, 2]);
    expect(parametersUnder('fdn')).toHaveLength(119);
    expect(parametersUnder('eq.pk')).toEqual([]);
  });
});
